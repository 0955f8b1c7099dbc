/** Our own drawings, in the colour of the surrounding text; screen readers skip them. */

const SVG = 'http://www.w3.org/2000/svg';
const shapes = {
  inbox:
    'M4 13V6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v7m-16 0v5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5m-16 0h5l1.5 2.5h3L15 13h5',
  unread: 'M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10z',
  star: 'm12 4 2.4 5.1 5.6.7-4.1 3.9 1 5.5-4.9-2.7-4.9 2.7 1-5.5L4 9.8l5.6-.7z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm2.5 12.5 4 4L15 8m-4 7.5 1.2 1L21 8',
  open: 'M14 4h6v6m0-6-9 9m-3-8H6a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-2',
  reply: 'M9 7 4.5 11.5 9 16m-4.5-4.5H14a6 6 0 0 1 6 6v1',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4.5 4.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'm6 6 12 12M18 6 6 18',
  keyboard:
    'M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zm3 4h.01M11 10h.01M15 10h.01M18 10h.01M8 14h8',
  image:
    'M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm-1 12 4.5-4.5L14 17m-2-2 3-3 5 5M15.5 8.5h.01',
  play: 'M8 5.5v13l10.5-6.5z',
  hidden:
    'm4 4 16 16M10 6.3A9 9 0 0 1 21 12a13 13 0 0 1-2.2 3M6.5 7.7A12 12 0 0 0 3 12a9.4 9.4 0 0 0 12.5 4.8M9.9 10a3 3 0 0 0 4.1 4.1',
  left: 'm14.5 5-7 7 7 7',
  right: 'm9.5 5 7 7-7 7',
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', shapes[name]);
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon ${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}
