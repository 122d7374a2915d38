# shellcheck shell=bash
# PostgreSQL and Redis, the dependencies of the examples, from Debian packages.

image_names=(postgres redis)

# give_user TREE NAME: the uid that the official images use, so that a manifest's runAsUser and fsGroup hold.
give_user() {
  chroot "$1" groupmod -g 999 "$2"
  chroot "$1" usermod -u 999 -g 999 "$2"
}

postgres_rootfs() { # TREE
  local tree=$1 server=usr/lib/postgresql/$POSTGRES_MAJOR
  debian_tree "$tree" "postgresql-$POSTGRES_MAJOR"
  give_user "$tree" postgres
  # Just-in-time compilation is most of the size (LLVM) and gains nothing on queries of milliseconds. perl is there for
  # Debian's wrappers alone, and the database that the package made is not wanted.
  rm -rf "$tree"/usr/lib/*-linux-gnu/{libLLVM*,libz3*,perl} "$tree/$server/lib"/{bitcode,llvmjit*} \
    "$tree"/usr/share/perl "$tree"/usr/bin/{psql,pg_isready,pg_ctl,initdb} \
    "$tree"/var/lib/postgresql/* "$tree"/etc/postgresql/* "$tree"/var/log/postgresql
  sed -i -e "s/^#*listen_addresses = .*/listen_addresses = '*'/" -e 's/^#*jit = .*/jit = off/' \
    -e "s#^\#*unix_socket_directories = .*#unix_socket_directories = '/var/run/postgresql'#" \
    "$tree/usr/share/postgresql/$POSTGRES_MAJOR/postgresql.conf.sample"
  mkdir -p "$tree"/var/lib/postgresql/data "$tree"/docker-entrypoint-initdb.d "$tree"/run/postgresql
  chroot "$tree" chown -R postgres:postgres /var/lib/postgresql /run/postgresql
  # Open to whatever uid a manifest names.
  chmod 1777 "$tree/var/lib/postgresql/data"
  chmod 3777 "$tree/run/postgresql"
}

redis_rootfs() { # TREE
  local tree=$1
  debian_tree "$tree" redis-server redis-tools
  give_user "$tree" redis
  mkdir -p "$tree/data"
  rm -rf "$tree"/usr/lib/*-linux-gnu/perl "$tree"/usr/share/perl "$tree"/var/{lib,log}/redis
  chroot "$tree" chown redis:redis /data
}

build_service_image() { # NAME TAG DIGEST
  local tree=$lab/tmp/$1-rootfs
  discard "$tree"
  "$1_rootfs" "$tree"
  build_image "$2" "$tree" "$here/images/$1" "$3"
  discard "$tree"
}

image_tag() {
  case $1 in
    postgres) echo "postgres:$POSTGRES_MAJOR" ;;
    redis) echo "redis:$REDIS_MAJOR" ;;
    *) give_up "there is no image $1: the lab makes ${image_names[*]}" 2 ;;
  esac
}

image_digest() { # NAME TAG
  digest "$2" "$DEBIAN_RELEASE" -- "images/$1" steps/{images,debian}.sh
}

step_images() { # [NAME...]
  local name tag inputs source
  for name in "${@:-${image_names[@]}}"; do
    tag=$(image_tag "$name")
    inputs=$(image_digest "$name" "$tag")
    source=$(image_source "$tag" "$inputs")
    if [ "$source" = build ]; then need_debootstrap "$tag"; fi
    bring_image "$source" "image-$name" "$tag from Debian packages" "$tag" "$inputs" \
      build_service_image "$name" "$tag" "$inputs"
  done
}
