# etcdctl, the client that counts what is acknowledged, and something that waits.
ARG BASE
FROM ${BASE}
COPY etcdctl workload /usr/local/bin/
RUN ["/bin/busybox", "ln", "-s", "/bin/busybox", "/bin/sleep"]
ENV PATH=/usr/local/bin:/bin
USER 65532:65532
