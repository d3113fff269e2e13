// Command calico-definitions writes definitions of kinds of Calico (projectcalico.org/v3), which Calico publishes as types of Go
// alone. It is controller-gen, which by itself would read two things wrongly, as these types say them for other generators: that
// a kind belongs to the cluster, and that a port or a protocol is a number or a text.
//
// It runs in its own folder, since the types are those of the module that go.mod names.
package main

import (
	"fmt"
	"os"
	"reflect"

	calico "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	"golang.org/x/tools/go/packages"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/genall"
	"sigs.k8s.io/controller-tools/pkg/loader"
	"sigs.k8s.io/controller-tools/pkg/markers"
)

const (
	types   = "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	scalars = "github.com/projectcalico/api/pkg/lib/numorstring"
	// ofCluster marks a kind without namespace, for the generator of clients.
	ofCluster = "genclient:nonNamespaced"
)

// ofEither are the types of which OpenAPI is told that they are a number or a text, whatever they hold in Go.
var ofEither = []interface{ OpenAPISchemaFormat() string }{
	numorstring.DSCP{}, numorstring.Port{}, numorstring.Protocol{}, numorstring.Uint8OrString{},
}

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: calico-definitions FOLDER KIND..."))
	}
	if err := write(os.Args[1], os.Args[2:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "calico-definitions:", err)
	os.Exit(1)
}

// write puts a file for each kind into the folder, named as controller-gen names it: <group>_<plural>.yaml.
func write(folder string, kinds []string) error {
	parser, err := newParser()
	if err != nil {
		return err
	}
	roots, err := loader.LoadRoots(types)
	if err != nil {
		return err
	}
	crd.AddKnownTypes(parser)
	parser.PackageOverrides[scalars] = sayEither
	parser.NeedPackage(roots[0])
	output := &genall.GenerationContext{OutputRule: genall.OutputToDirectory(folder)}
	for _, kind := range kinds {
		definition, err := define(parser, roots[0], kind)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%s_%s.yaml", definition.Spec.Group, definition.Spec.Names.Plural)
		if err := output.WriteYAML(name, "", []any{definition}, genall.WithTransform(withoutStatus)); err != nil {
			return err
		}
	}
	// As controller-gen does: it looks at no more of the types than it needs, so the rest of them seems to lack much.
	if loader.PrintErrors(roots, packages.TypeError) {
		return fmt.Errorf("definitions cannot be made of %s", types)
	}
	return nil
}

func newParser() (*crd.Parser, error) {
	registry := &markers.Registry{}
	if err := (crd.Generator{}).RegisterMarkers(registry); err != nil {
		return nil, err
	}
	err := registry.Define(ofCluster, markers.DescribesType, struct{}{})
	return &crd.Parser{
		Collector: &markers.Collector{Registry: registry},
		Checker:   &loader.TypeChecker{NodeFilters: []loader.NodeFilter{crd.Generator{}.CheckFilter()}},
		// The order of a policy and of a tier is a float.
		AllowDangerousTypes: true,
	}, err
}

func define(parser *crd.Parser, from *loader.Package, kind string) (*apiextensions.CustomResourceDefinition, error) {
	known := parser.LookupType(from, kind)
	if known == nil {
		return nil, fmt.Errorf("%s has no kind %s", types, kind)
	}
	wanted := schema.GroupKind{Group: calico.GroupName, Kind: kind}
	parser.NeedCRDFor(wanted, nil)
	definition := parser.CustomResourceDefinitions[wanted]
	if known.Markers.Get(ofCluster) != nil {
		definition.Spec.Scope = apiextensions.ClusterScoped
	}
	crd.FixTopLevelMetadata(definition)
	return &definition, nil
}

// sayEither gives the schema of controller-gen's own int-or-string to the types that are one.
func sayEither(parser *crd.Parser, from *loader.Package) {
	for _, one := range ofEither {
		if format := one.OpenAPISchemaFormat(); format != "int-or-string" {
			from.AddError(fmt.Errorf("%T is %s, not a number or a text", one, format))
		}
		parser.Schemata[crd.TypeIdent{Package: from, Name: reflect.TypeOf(one).Name()}] = apiextensions.JSONSchemaProps{
			XIntOrString: true,
			AnyOf:        []apiextensions.JSONSchemaProps{{Type: "integer"}, {Type: "string"}},
		}
	}
	parser.AddPackage(from)
}

func withoutStatus(definition map[string]any) error {
	delete(definition, "status")
	return nil
}
