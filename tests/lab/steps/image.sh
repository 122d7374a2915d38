# shellcheck shell=bash
# An image of the lab: in the engine, and as an archive in the cache, so that an empty engine needs a `docker load` only.

image_label=gocover.lab
archive_of() { echo "$lab/archives/$(tr '/:' '--' <<<"$1").tar"; }

# The digest that an image in the engine was built from; "foreign" for an image that is not the lab's, else "absent".
image_origin() {
  local label
  label=$(docker image inspect -f "{{index .Config.Labels \"$image_label\"}}" "$1" 2>/dev/null) || {
    echo absent
    return
  }
  echo "${label:-foreign}"
}

# build_image TAG TREE CONTEXT DIGEST: a root file system and the Dockerfile of CONTEXT, whose argument ROOTFS names it.
build_image() {
  local rootfs
  rootfs=gocover-lab/rootfs:$(tr '/:' '--' <<<"$1")
  tar -C "$2" -c . | docker import - "$rootfs"
  DOCKER_BUILDKIT=0 docker build -q --force-rm --network none --build-arg "ROOTFS=$rootfs" --label "$image_label=$4" -t "$1" "$3"
  docker rmi "$rootfs"
  # The lab's image that had this tag before, if any.
  docker image prune -f --filter "label=$image_label"
}

# build_archive ARCHIVE TAG BUILDER ARGUMENT...: what make_artefact calls.
build_archive() {
  local archive=$1 tag=$2
  shift 2
  "$@"
  docker save -o "$archive" "$tag"
}

save_image() { docker save -o "$1" "$2"; }

registry_has() {
  timeout 20 docker manifest inspect "$1" >/dev/null 2>&1
}

# image_source TAG DIGEST: where the image is to come from; engine, foreign, cache, registry or build.
image_source() {
  local origin archive
  origin=$(image_origin "$1")
  archive=$(archive_of "$1")
  case $origin in
    foreign) echo foreign ;;
    "$2") echo engine ;;
    *)
      if is_fresh "$archive" "$2"; then
        echo cache
      elif [ ! -e "$archive" ] && registry_has "$1"; then
        echo registry
      else
        echo build
      fi
      ;;
  esac
}

# bring_image SOURCE NAME SENTENCE TAG DIGEST BUILDER ARGUMENT...: act on what image_source said.
bring_image() {
  local source=$1 name=$2 sentence=$3 tag=$4 inputs=$5 archive
  shift 5
  archive=$(archive_of "$tag")
  case $source in
    foreign) say "$name" "$tag is in the engine, and not made by the lab: nothing to do" ;;
    engine) make_artefact "$name" "$tag in the engine and in the cache" "$archive" "$inputs" save_image "$tag" ;;
    cache) run_step "$name" "$tag from the cache" docker load -q -i "$archive" ;;
    registry) run_step "$name" "$tag from its registry" timeout 900 docker pull -q "$tag" ;;
    build) make_artefact "$name" "$sentence" "$archive" "$inputs" build_archive "$tag" "$@" ;;
  esac
}
