package driven

import (
	"crypto/tls"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Connect makes a client of a ConsensusGroup, or of etcd. Without a configuration of TLS it speaks plainly.
func Connect(endpoints []string, config *tls.Config) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints:   endpoints,
		TLS:         config,
		DialTimeout: 5 * time.Second,
		// As kube-apiserver does: a watch says nothing, so it would not find out that a member's machine is gone.
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 5 * time.Second,
		Logger:               zap.NewNop(),
	})
}
