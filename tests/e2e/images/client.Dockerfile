# etcdctl, the clients that count what is acknowledged, of keys and of what is cached, or pass a lock on, and something that waits.
ARG BASE
FROM ${BASE}
COPY etcdctl workload holders keeper /usr/local/bin/
RUN ["/bin/busybox", "ln", "-s", "/bin/busybox", "/bin/sleep"]
ENV PATH=/usr/local/bin:/bin
USER 65532:65532
