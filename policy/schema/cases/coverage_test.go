package cases

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
)

// Every rule and every bound of the CRDs must have a case that it refuses, and one that just passes it.
func TestEveryRuleAndBoundHasItsCases(t *testing.T) {
	for kind, file := range map[Kind]string{GamePolicy: chart.GamePolicyCRD, HostClaim: chart.HostClaimCRD} {
		all, err := Load(kind)
		if err != nil {
			t.Fatal(err)
		}
		c := coverage{demands: map[demand]bool{}, accepted: map[demand]bool{}, rejected: map[demand]bool{}}
		root := readSchema(t, file)
		for _, part := range []string{"spec", "status"} {
			node := root.Properties[part]
			c.demand(part, &node)
		}
		for _, one := range all {
			if len(one.Want) > 0 {
				c.reject(one.Want)
				continue
			}
			for part, value := range map[string]map[string]any{"spec": one.Spec, "status": one.Status} {
				if value != nil {
					node := root.Properties[part]
					c.accept(part, &node, value, one.Old != nil)
				}
			}
		}
		c.report(t, kind)
	}
}

func readSchema(t *testing.T, file string) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	data, err := chart.CRDs.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// demand is one rule or bound at one place: "spec.targets.hosts" "maxItems 64". Items and map values are at "[]".
type demand struct{ path, what string }

type coverage struct {
	demands            map[demand]bool
	maps               []string // the paths of all maps
	accepted, rejected map[demand]bool
}

// demand collects what the schema holds.
func (c *coverage) demand(path string, node *apiextensionsv1.JSONSchemaProps) {
	if strings.HasPrefix(path, "status.conditions[]") {
		return // metav1.Condition: its bounds are Kubernetes's own.
	}
	path = sameType(path)
	for _, what := range bounds(node) {
		c.demands[demand{path, what}] = true
	}
	for _, rule := range node.XValidations {
		c.demands[demand{sameType(path + rule.FieldPath), "rule: " + rule.Message}] = true
	}
	for _, name := range node.Required {
		c.demands[demand{path + "." + name, "required"}] = true
	}
	if node.AdditionalProperties != nil {
		c.maps = append(c.maps, path)
	}
	children(node, func(step string, child *apiextensionsv1.JSONSchemaProps) { c.demand(path+step, child) })
}

func children(node *apiextensionsv1.JSONSchemaProps, visit func(step string, child *apiextensionsv1.JSONSchemaProps)) {
	for name, child := range node.Properties {
		visit("."+name, &child)
	}
	if node.Items != nil {
		visit("[]", node.Items.Schema)
	}
	if node.AdditionalProperties != nil {
		visit("[]", node.AdditionalProperties.Schema)
	}
}

// sameType joins places that are one Go type, for which the cases of one place are enough.
func sameType(path string) string {
	for _, join := range [][2]string{
		{"spec.overrides.", "spec.defaults."}, {".headers.response", ".headers.request"},
		{".headers.request.add", ".headers.request.set"}, {".gameServerSetSelector", ".namespaceSelector"},
	} {
		path = strings.Replace(path, join[0], join[1], 1)
	}
	return path
}

func bounds(node *apiextensionsv1.JSONSchemaProps) []string {
	var list []string
	for what, value := range map[string]*int64{
		"maxLength": node.MaxLength, "minLength": node.MinLength, "maxItems": node.MaxItems, "minItems": node.MinItems,
		"maxProperties": node.MaxProperties, "minProperties": node.MinProperties,
	} {
		if value != nil {
			list = append(list, fmt.Sprint(what, " ", *value))
		}
	}
	if node.Maximum != nil {
		list = append(list, fmt.Sprintf("maximum %d", int64(*node.Maximum)))
	}
	if node.Minimum != nil {
		list = append(list, fmt.Sprintf("minimum %d", int64(*node.Minimum)))
	}
	if node.Pattern != "" {
		list = append(list, "pattern")
	}
	if len(node.Enum) > 0 {
		list = append(list, "enum")
	}
	if node.Format == "date-time" {
		list = append(list, "format")
	}
	if t := node.XListType; t != nil && *t != "atomic" {
		list = append(list, "no duplicates")
	}
	return list
}

// refusals tells by its text which bound a refusal is about.
var refusals = []struct {
	text *regexp.Regexp
	what []string
}{
	{regexp.MustCompile(`^Too long: may not be more than (\d+) bytes$`), []string{"maxLength"}},
	{regexp.MustCompile(`^Too many: \d+: must have at most (\d+) items$`), []string{"maxItems", "maxProperties"}},
	{regexp.MustCompile(`in body should be at least (\d+) chars long$`), []string{"minLength"}},
	{regexp.MustCompile(`in body should have at least (\d+) items$`), []string{"minItems"}},
	{regexp.MustCompile(`in body should have at least (\d+) properties$`), []string{"minProperties"}},
	{regexp.MustCompile(`in body should be less than or equal to (\d+)$`), []string{"maximum"}},
	{regexp.MustCompile(`in body should be greater than or equal to (-?\d+)$`), []string{"minimum"}},
	{regexp.MustCompile(`in body should match '`), []string{"pattern"}},
	{regexp.MustCompile(`^Unsupported value: `), []string{"enum"}},
	{regexp.MustCompile(`in body must be of type date-time`), []string{"format"}},
	{regexp.MustCompile(`^Required value$`), []string{"required"}},
}

var index = regexp.MustCompile(`\[[^]]*]`)

func (c *coverage) reject(want []string) {
	for _, line := range want {
		path, body, _ := strings.Cut(line, ": ")
		path = c.normalise(path)
		if list, ok := strings.CutSuffix(path, "[]"); ok && strings.HasPrefix(body, "Duplicate value: ") {
			c.rejected[demand{list, "no duplicates"}] = true
		}
		for _, r := range refusals {
			if found := r.text.FindStringSubmatch(body); found != nil {
				for _, what := range r.what {
					c.rejected[demand{path, strings.TrimSpace(what + " " + strings.Join(found[1:], ""))}] = true
				}
			}
		}
		for d := range c.demands {
			if message, ok := strings.CutPrefix(d.what, "rule: "); ok && d.path == path && strings.HasSuffix(body, ": "+message) {
				c.rejected[d] = true
			}
		}
	}
}

// normalise makes a path of the schema out of the field of a refusal. The API server writes the key of a map in
// brackets where a rule refuses the value, and after a dot where a bound does.
func (c *coverage) normalise(field string) string {
	path := sameType(index.ReplaceAllString(field, "[]"))
	for _, m := range c.maps {
		if strings.HasPrefix(path, m+".") {
			return m + "[]"
		}
	}
	return path
}

// accept notes which bounds an accepted value just keeps, and which rules it passes.
func (c *coverage) accept(path string, node *apiextensionsv1.JSONSchemaProps, value any, update bool) {
	path = sameType(path)
	note := func(what string) { c.accepted[demand{path, what}] = true }
	note("required")
	note("pattern")
	note("format")
	for _, rule := range node.XValidations {
		if update || !strings.Contains(rule.Rule, "oldSelf") {
			c.accepted[demand{sameType(path + rule.FieldPath), "rule: " + rule.Message}] = true
		}
	}
	switch value := value.(type) {
	case string:
		note(fmt.Sprint("maxLength ", len(value)))
		note(fmt.Sprint("minLength ", len(value)))
		note("enum " + value)
	case int64:
		note(fmt.Sprint("maximum ", value))
		note(fmt.Sprint("minimum ", value))
	case []any:
		note(fmt.Sprint("maxItems ", len(value)))
		note(fmt.Sprint("minItems ", len(value)))
		if len(value) > 1 {
			note("no duplicates")
		}
		for _, item := range value {
			c.accept(path+"[]", node.Items.Schema, item, update)
		}
	case map[string]any:
		note(fmt.Sprint("maxProperties ", len(value)))
		note(fmt.Sprint("minProperties ", len(value)))
		for name, entry := range value {
			if child, ok := node.Properties[name]; ok {
				c.accept(path+"."+name, &child, entry, update)
			} else if node.AdditionalProperties != nil {
				c.accept(path+"[]", node.AdditionalProperties.Schema, entry, update)
			}
		}
	}
	if slices.ContainsFunc(node.Enum, func(e apiextensionsv1.JSON) bool {
		var text string
		return yaml.Unmarshal(e.Raw, &text) == nil && !c.accepted[demand{path, "enum " + text}]
	}) {
		return
	}
	note("enum")
}

func (c *coverage) report(t *testing.T, kind Kind) {
	t.Helper()
	var missing []string
	for d := range c.demands {
		if !c.rejected[d] {
			missing = append(missing, fmt.Sprintf("no case is refused by  %s: %s", d.path, d.what))
		}
		if !c.accepted[d] {
			missing = append(missing, fmt.Sprintf("no case just passes    %s: %s", d.path, d.what))
		}
	}
	slices.Sort(missing)
	for _, line := range missing {
		t.Errorf("%s: %s", kind, line)
	}
	t.Logf("%s: %d rules and bounds", kind, len(c.demands))
}
