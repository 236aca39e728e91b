package api_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

var (
	// cluster is a real API server with nothing but the CRDs. The tests of this package share it and leave nothing in it.
	cluster *env.Env
	// admin talks to it.
	admin client.Client
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if err := start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer cluster.Stop()
	return m.Run()
}

func start(ctx context.Context) error {
	var err error
	if cluster, err = env.New(ctx, env.Options{Out: os.Stderr}); err != nil {
		return err
	}
	if admin, err = cluster.Client(env.Admin, v1alpha1.AddToScheme); err != nil {
		return err
	}
	for _, file := range []string{chart.GamePolicyCRD, chart.HostClaimCRD} {
		crd, err := chart.CRDs.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err := cluster.Apply(ctx, crd); err != nil {
			return err
		}
	}
	return nil
}
