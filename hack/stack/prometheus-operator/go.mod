module github.com/gatehouse-dev/gatehouse/hack/stack/prometheus-operator

go 1.26.0

// Only files of it are wanted, so nothing imports it.
require github.com/prometheus-operator/prometheus-operator v0.85.0
