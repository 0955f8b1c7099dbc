#!/bin/sh
# Runs the newsboat of Debian 13, whose libraries Debian 12 does not have, without installing it: unpacked, under its own loader.
# Usage: newer-newsboat.sh FOLDER   prints the program's path; downloads 18 MB into the folder at the first call.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
program=$folder/newsboat
if [ ! -x "$program" ]; then
  mkdir -p "$folder/lists/partial" "$folder/archives/partial" "$folder/root"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" > "$folder/sources.list"
  : > "$folder/status"
  apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/nonexistent -o Dir::State::lists="$folder/lists" \
      -o Dir::State::status="$folder/status" -o Dir::Cache="$folder" -o Debug::NoLocking=1 "$@" >&2
  }
  apt update
  apt -y install --download-only --no-install-recommends newsboat
  for package in "$folder"/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
  lib=$folder/root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
  loader=$(find "$lib" -name 'ld-linux*.so.*' | head -1)
  cat > "$program" <<END
#!/bin/sh
exec '$loader' --library-path '$lib' '$folder/root/usr/bin/newsboat' "\$@"
END
  chmod +x "$program"
fi
echo "$program"
