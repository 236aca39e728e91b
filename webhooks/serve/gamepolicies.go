package serve

import (
	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/gamepolicy"
)

// judgePolicies is the webhook for GamePolicies. reader asks the API server each time.
func judgePolicies(o options, snap *snapshot.Snapshot, reader client.Reader, log logr.Logger) admit.Func {
	config, _ := o.higressConfigMap() // the command line was checked
	return gamepolicy.NewValidator(snap, survey.New(reader, config), log).Validate
}
