# A small base for the image of operator and members where nothing can be pulled: what programs that are linked with glibc need,
# name resolution too, taken from the image of the cluster's nodes. And busybox, for the image of clients: one that needs no
# libraries, of the same image where that has it.
ARG NODE
ARG BUSYBOX
FROM ${BUSYBOX} AS busybox
RUN cp -L "$(command -v busybox)" /busybox

FROM ${NODE} AS node
RUN set -eu; \
    mkdir -p /base/etc /base/tmp /base/usr/local/bin /base/bin; \
    libraries=$(ls -d /lib*/ld-linux* /lib/*-linux-gnu/ld-linux* 2>/dev/null || true); \
    for name in libc libm libgcc_s libresolv libdl libpthread librt libnss_dns libnss_files; do \
        libraries="$libraries $(ls /lib/*-linux-gnu/$name.so.[0-9]*)"; \
    done; \
    for library in $libraries; do \
        mkdir -p "/base$(dirname "$library")"; \
        cp -L "$library" "/base$library"; \
    done; \
    echo 'hosts: files dns' >/base/etc/nsswitch.conf; \
    chmod 1777 /base/tmp

FROM scratch
COPY --from=node /base /
COPY --from=busybox /busybox /bin/busybox
