package chart

import "testing"

func TestOnlySamplesWithAllLabelsCount(t *testing.T) {
	const metrics = `# HELP apiserver_admission_webhook_request_total calls
apiserver_admission_webhook_request_total{code="200",name="ours",operation="CREATE",rejected="false",type="admit"} 3
apiserver_admission_webhook_request_total{code="200",name="ours",operation="UPDATE",rejected="false",type="admit"} 4
apiserver_admission_webhook_request_total{code="500",name="ours",operation="UPDATE",rejected="true",type="admit"} 8
apiserver_admission_webhook_request_total{code="200",name="theirs",operation="UPDATE",rejected="false",type="admit"} 16
apiserver_admission_webhook_request_totals{code="200",name="ours"} 32
`
	if got := sum(metrics, "apiserver_admission_webhook_request_total{", `name="ours"`, `code="200"`); got != 7 {
		t.Errorf("sum is %d, want 7", got)
	}
}
