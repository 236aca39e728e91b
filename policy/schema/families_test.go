package schema

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/schema/cases"
)

// The CRD and the gateway's catalog each know which keys belong to a typed setting. They must not disagree: a key that
// the CRD let through would fight with the setting, one that it refused for no reason could not be set at all.
func TestCRDAndCatalogAgreeOnTheTypedSettings(t *testing.T) {
	all, err := cases.Load(cases.GamePolicy)
	if err != nil {
		t.Fatal(err)
	}
	higress, typed := gateway.For(gateway.Higress), 0
	for _, c := range all {
		defaults, _ := c.Spec["defaults"].(map[string]any)
		annotations, _ := defaults["annotations"].(map[string]any)
		refused := strings.Contains(strings.Join(c.Want, "\n"), "use the setting")
		for key := range annotations {
			setting, ok := higress.SettingOf(key)
			if suffix, nginx := strings.CutPrefix(key, "nginx.ingress.kubernetes.io/"); !ok && nginx && refused {
				// Higress does not read it under this prefix; it is refused because of what its author meant.
				setting, ok = higress.SettingOf("higress.io/" + suffix)
			}
			if ok != refused {
				t.Errorf("%s: %s is refused as a typed setting's: %t; the catalog says: %t (%s)", c.Name, key, refused, ok, setting)
			}
			if refused {
				typed++
			}
		}
	}
	if typed < 50 {
		t.Errorf("only %d keys of typed settings in the table", typed)
	}
}
