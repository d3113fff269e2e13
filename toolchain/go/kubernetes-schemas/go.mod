module pgkeep.dev/toolchain/kubernetes-schemas

go 1.23.0

require (
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/cloudnative-pg/plugin-barman-cloud v0.15.0
	github.com/kubernetes-csi/external-snapshotter/client/v7 v7.0.0
	github.com/vmware-tanzu/velero v1.14.0
	k8s.io/kubernetes v1.31.0
)
