package serve

import (
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/controllers/status"
	"github.com/gatehouse-dev/gatehouse/controllers/survey"
)

// reportPolicies gives the manager what tells, on the leader, in the status of each policy what became of it. The rollout
// is to call its Changed.
func reportPolicies(mgr manager.Manager, o options, snap *snapshot.Snapshot, rollout status.Rollout, log logr.Logger) (*status.Controller, error) {
	config, _ := o.higressConfigMap() // the command line was checked
	api := status.NewAPI(survey.New(mgr.GetAPIReader(), config), mgr.GetClient())
	c := status.New(snap, rollout, api, time.Now, log)
	snap.Observe(c.Changed)
	return c, mgr.Add(c)
}
