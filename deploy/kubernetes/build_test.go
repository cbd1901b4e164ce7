// Package kubernetes has only tests: they build the manifests and check them.
package kubernetes_test

import (
	"maps"
	"slices"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifest is what an overlay makes, by name.
type manifest struct {
	deployments map[string]appsv1.Deployment
	jobs        map[string]batchv1.Job
	cronJobs    map[string]batchv1.CronJob
	services    map[string]corev1.Service
	configMaps  map[string]corev1.ConfigMap
	secrets     map[string]corev1.Secret
	accounts    map[string]corev1.ServiceAccount
	policies    map[string]networkingv1.NetworkPolicy
	budgets     map[string]policyv1.PodDisruptionBudget
}

// kustomizing is one at a time: kustomize keeps its schema in a global.
var kustomizing sync.Mutex

// build makes what a folder says, as kustomize and kubectl do, and decodes it into the
// types of Kubernetes itself. A field that these do not have fails the test.
func build(t *testing.T, fs filesys.FileSystem, folder string) manifest {
	t.Helper()
	kustomizing.Lock()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, folder)
	kustomizing.Unlock()
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	var m manifest
	for _, resource := range made.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		kind, name := resource.GetApiVersion()+" "+resource.GetKind(), resource.GetName()
		switch kind {
		case "apps/v1 Deployment":
			decode(t, text, name, &m.deployments)
		case "batch/v1 Job":
			decode(t, text, name, &m.jobs)
		case "batch/v1 CronJob":
			decode(t, text, name, &m.cronJobs)
		case "v1 Service":
			decode(t, text, name, &m.services)
		case "v1 ConfigMap":
			decode(t, text, name, &m.configMaps)
		case "v1 Secret":
			decode(t, text, name, &m.secrets)
		case "v1 ServiceAccount":
			decode(t, text, name, &m.accounts)
		case "networking.k8s.io/v1 NetworkPolicy":
			decode(t, text, name, &m.policies)
		case "policy/v1 PodDisruptionBudget":
			decode(t, text, name, &m.budgets)
		default:
			t.Errorf("%s: nobody checks a %s", folder, kind)
		}
	}
	return m
}

func decode[T any](t *testing.T, text []byte, name string, into *map[string]T) {
	t.Helper()
	var value T
	if err := yaml.UnmarshalStrict(text, &value); err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
	}
	if *into == nil {
		*into = make(map[string]T)
	}
	(*into)[name] = value
}

// overlays are the ways to run pushloss.
func overlays(t *testing.T) map[string]manifest {
	t.Helper()
	return map[string]manifest{
		"serve":   build(t, filesys.MakeFsOnDisk(), "overlays/serve"),
		"cronjob": build(t, filesys.MakeFsOnDisk(), "overlays/cronjob"),
		"citus":   build(t, filesys.MakeFsOnDisk(), "overlays/citus"),
	}
}

// pods are the templates of all pods, by who makes them.
func (m manifest) pods() map[string]corev1.PodTemplateSpec {
	all := make(map[string]corev1.PodTemplateSpec)
	for name, deployment := range m.deployments {
		all[name] = deployment.Spec.Template
	}
	for name, job := range m.jobs {
		all[name] = job.Spec.Template
	}
	for name, cronJob := range m.cronJobs {
		all[name] = cronJob.Spec.JobTemplate.Spec.Template
	}
	return all
}

// only returns the one value of a map.
func only[T any](t *testing.T, of map[string]T) T {
	t.Helper()
	values := slices.Collect(maps.Values(of))
	if len(values) != 1 {
		t.Fatalf("there are %v, want one", slices.Sorted(maps.Keys(of)))
	}
	return values[0]
}
