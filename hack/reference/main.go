// Command reference writes docs/policy-reference.md from the CRDs, which are generated from the types.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"text/template"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
)

//go:embed page.md.tmpl
var page string

// kind is one CRD.
type kind struct {
	Name, Version, Scope, Short string
	Description                 string
	Sections                    []section
}

func main() {
	if len(os.Args) != 2 {
		exit("usage: reference FILE")
	}
	text, err := render()
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		exit(err.Error())
	}
}

func exit(text string) {
	fmt.Fprintln(os.Stderr, "reference: "+text)
	os.Exit(1)
}

func render() ([]byte, error) {
	var kinds []kind
	for _, file := range []string{chart.GamePolicyCRD, chart.HostClaimCRD} {
		text, err := chart.CRDs.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(text, &crd); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		kinds = append(kinds, kindOf(&crd))
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, kinds)
	return out.Bytes(), err
}

func kindOf(crd *apiextensionsv1.CustomResourceDefinition) kind {
	v := crd.Spec.Versions[0]
	root := v.Schema.OpenAPIV3Schema
	k := kind{
		Name: crd.Spec.Names.Kind, Version: crd.Spec.Group + "/" + v.Name, Scope: string(crd.Spec.Scope),
		Short: crd.Spec.Names.ShortNames[0], Description: sentence(root.Description),
	}
	s := sections{kind: k.Name}
	for _, part := range []string{"spec", "status"} {
		if schema, ok := root.Properties[part]; ok {
			s.add(part, &schema)
		}
	}
	k.Sections = s.list
	return k
}
