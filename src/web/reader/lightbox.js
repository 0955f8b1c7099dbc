/** A picture in full over the page, with its alt text; the arrow keys turn to its neighbours. */

export function createLightbox(dialog) {
  const image = dialog.querySelector('img');
  const words = dialog.querySelector('figcaption');
  let pictures = [];
  let at = 0;

  function show(index) {
    at = (index + pictures.length) % pictures.length;
    const thumb = pictures[at].querySelector('img');
    image.src = pictures[at].href;
    image.alt = thumb?.alt ?? '';
    words.textContent = image.alt;
    for (const button of dialog.querySelectorAll('[data-turn]')) button.hidden = pictures.length < 2;
  }

  for (const button of dialog.querySelectorAll('[data-turn]'))
    button.addEventListener('click', () => show(at + Number(button.dataset.turn)));
  dialog.addEventListener('keydown', ({ key }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by) show(at + by);
  });
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog || target.closest('.close')) dialog.close();
  });
  dialog.addEventListener('close', () => image.removeAttribute('src'));

  /** `picture`: the link around one of a grid. */
  return (picture) => {
    pictures = [...picture.parentElement.querySelectorAll('a[data-do="picture"]:not(.broken)')];
    const index = pictures.indexOf(picture);
    if (index < 0) return;
    show(index);
    dialog.showModal();
  };
}
