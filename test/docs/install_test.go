package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Every value of the chart that the pages for operators name is one that the chart has.
func TestTheValuesThatAreWrittenAboutExist(t *testing.T) {
	var values map[string]any
	if err := yaml.Unmarshal(read(t, root+"/charts/gatehouse/values.yaml"), &values); err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, page := range []string{"README.md", "README.zh-CN.md", "docs/install.md", "docs/architecture.md", "docs/runbook.md"} {
		text := string(read(t, root+"/"+page))
		for _, found := range regexp.MustCompile("`([a-zA-Z]+(?:\\.[a-zA-Z]+)*)(?:: [^`]*)?`|--set(?:-file|-string)? '?([a-zA-Z.]+)=").FindAllStringSubmatch(text, -1) {
			path := strings.Split(found[1]+found[2], ".")
			if _, ours := values[path[0]]; !ours {
				continue // a field of something else
			}
			named++
			var at any = values
			for _, key := range path {
				block, _ := at.(map[string]any)
				var there bool
				if at, there = block[key]; !there {
					t.Errorf("%s writes about the value %s, which the chart does not have", page, strings.Join(path, "."))
					break
				}
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d values were found in the pages", named)
	}
}
