package kubernetes_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pushloss/schedules"
)

// Every overlay has its pods, which run as the Dockerfile and compose have it.
func TestEveryPodRunsACommandOfTheImage(t *testing.T) {
	t.Parallel()
	user, port, services := instruction(t, "USER"), instruction(t, "EXPOSE"), compose(t)
	if entry := instruction(t, "ENTRYPOINT"); entry != `["pushloss"]` {
		t.Errorf("the entry point is %s, and arguments here leave out the program", entry)
	}
	commands := map[string][]string{
		"pushloss": services["pushloss"].Command, "pushloss-migrate": services["migrate"].Command,
		"pushloss-run": {"run"}, "pushloss-reconcile": {"reconcile"}, "pushloss-prune": {"prune"}, "pushloss-distribute": {"distribute"},
	}
	wanted := map[string][]string{
		"serve":   {"pushloss", "pushloss-migrate"},
		"citus":   {"pushloss", "pushloss-distribute", "pushloss-migrate"},
		"cronjob": {"pushloss-migrate", "pushloss-prune", "pushloss-reconcile", "pushloss-run"},
	}
	for overlay, m := range overlays(t) {
		var names []string
		for name, pod := range m.pods() {
			names = append(names, name)
			container := one(t, pod.Spec.Containers)
			if container.Image != services["pushloss"].Image || len(container.Command) > 0 || !slices.Equal(container.Args, commands[name]) {
				t.Errorf("%s: %s runs %v %v of %s", overlay, name, container.Command, container.Args, container.Image)
			}
			if as := pod.Spec.SecurityContext; fmt.Sprintf("%d:%d", *as.RunAsUser, *as.RunAsGroup) != user || *as.FSGroup != *as.RunAsGroup {
				t.Errorf("%s: %s is %d:%d with the group %d, and the image's user is %s", overlay, name, *as.RunAsUser, *as.RunAsGroup, *as.FSGroup, user)
			}
			if grace, err := time.ParseDuration(services["pushloss"].StopGracePeriod); err != nil || *pod.Spec.TerminationGracePeriodSeconds != int64(grace.Seconds()) {
				t.Errorf("%s: %s has %d seconds to stop", overlay, name, *pod.Spec.TerminationGracePeriodSeconds)
			}
			for _, open := range container.Ports {
				if fmt.Sprint(open.ContainerPort) != port || open.Name != "http" {
					t.Errorf("%s: %s opens %+v, and the image exposes %s", overlay, name, open, port)
				}
			}
		}
		if slices.Sort(names); !slices.Equal(names, wanted[overlay]) {
			t.Errorf("%s has the pods %v", overlay, names)
		}
	}
}

func one[T any](t *testing.T, list []T) T {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("there are %d %T, want one", len(list), list)
	}
	return list[0]
}

// All pods have the same confinement, files and memory.
func TestEveryPodIsConfinedAndLikeTheOthers(t *testing.T) {
	t.Parallel()
	var first *corev1.PodSpec
	for overlay, m := range overlays(t) {
		for name, template := range m.pods() {
			pod, container := template.Spec, one(t, template.Spec.Containers)
			who := overlay + ": " + name
			if !*pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: %+v", who, pod.SecurityContext)
			}
			if c := container.SecurityContext; *c.AllowPrivilegeEscalation || !*c.ReadOnlyRootFilesystem || !slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}) {
				t.Errorf("%s: %+v", who, c)
			}
			if account := m.accounts[pod.ServiceAccountName]; *pod.AutomountServiceAccountToken || account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
				t.Errorf("%s may talk to the cluster as %q", who, pod.ServiceAccountName)
			}
			if *pod.EnableServiceLinks || pod.HostNetwork || pod.HostPID {
				t.Errorf("%s has more rights on its node or namespace than it needs", who)
			}
			// The documented 96 MB, and room for what the kernel counts besides.
			if limit := container.Resources.Limits.Memory().Value(); limit < 96e6 || limit > 2*96e6 || container.Resources.Requests.Memory().IsZero() ||
				container.Resources.Requests.Cpu().IsZero() || !container.Resources.Limits.Cpu().IsZero() {
				t.Errorf("%s: %+v", who, container.Resources)
			}
			if template.Labels["app.kubernetes.io/name"] != "pushloss" || template.Labels["app.kubernetes.io/component"] == "" {
				t.Errorf("%s has the labels %v", who, template.Labels)
			}
			if first == nil {
				first = &pod
			}
			theirs := one(t, first.Containers)
			if !reflect.DeepEqual(pod.SecurityContext, first.SecurityContext) || !reflect.DeepEqual(pod.Volumes, first.Volumes) ||
				!reflect.DeepEqual(container.SecurityContext, theirs.SecurityContext) || !reflect.DeepEqual(container.Resources, theirs.Resources) ||
				!reflect.DeepEqual(container.VolumeMounts, theirs.VolumeMounts) || len(container.Env) > 0 {
				t.Errorf("%s is not like the other pods", who)
			}
		}
	}
	if !strings.Contains(readFile(t, "../../docs/performance.md"), "A process on one app stays within 96 MB") {
		t.Error("docs/performance.md measures another memory than is requested here")
	}
}

func TestTheDaemonIsProbedReachedAndSpread(t *testing.T) {
	t.Parallel()
	m := overlays(t)["serve"]
	deployment, container := only(t, m.deployments), one(t, only(t, m.deployments).Spec.Template.Spec.Containers)
	for path, probe := range map[string]*corev1.Probe{"/healthz": container.LivenessProbe, "/readyz": container.ReadinessProbe} {
		if probe.HTTPGet.Path != path || probe.HTTPGet.Port.StrVal != one(t, container.Ports).Name {
			t.Errorf("%s is probed by %+v", path, probe.HTTPGet)
		}
	}
	if container.StartupProbe.HTTPGet.Path != "/healthz" || container.ReadinessProbe.TimeoutSeconds < 4 {
		t.Error("/readyz may take 3 seconds, and a daemon is started when it answers at all")
	}
	if *deployment.Spec.Replicas != 2 || deployment.Spec.Strategy.Type != "Recreate" {
		t.Errorf("%d replicas by %s", *deployment.Spec.Replicas, deployment.Spec.Strategy.Type)
	}
	labels := deployment.Spec.Template.Labels
	service, spread := only(t, m.services), one(t, deployment.Spec.Template.Spec.TopologySpreadConstraints)
	for what, selector := range map[string]map[string]string{
		"the deployment": deployment.Spec.Selector.MatchLabels, "the service": service.Spec.Selector, "the spread": spread.LabelSelector.MatchLabels,
		"the budget": only(t, m.budgets).Spec.Selector.MatchLabels, "the policy": m.policies["pushloss-http"].Spec.PodSelector.MatchLabels,
	} {
		if !reflect.DeepEqual(selector, labels) {
			t.Errorf("%s selects %v, and the pods have %v", what, selector, labels)
		}
		for name, pod := range m.pods() {
			if name != "pushloss" && reflect.DeepEqual(selector, pod.Labels) {
				t.Errorf("%s selects %s", what, name)
			}
		}
	}
	if port := one(t, service.Spec.Ports); port.TargetPort.StrVal != "http" || fmt.Sprint(port.Port) != instruction(t, "EXPOSE") || !service.Spec.PublishNotReadyAddresses {
		t.Errorf("the service has %+v", service.Spec)
	}
	if *only(t, m.jobs).Spec.TTLSecondsAfterFinished > 3600 {
		t.Error("the next version's migration waits for the Job to go away")
	}
}

func TestPodsReachOnlyDNSPostgresTheAPIAndThePage(t *testing.T) {
	t.Parallel()
	for overlay, m := range overlays(t) {
		out, in := ports(m.policies["pushloss"].Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) []networkingv1.NetworkPolicyPort { return r.Ports }), []string{}
		for _, policy := range m.policies {
			for _, rule := range policy.Spec.Ingress {
				if len(rule.From) == 0 {
					t.Errorf("%s: %s lets everybody in", overlay, policy.Name)
				}
			}
			in = append(in, ports(policy.Spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) []networkingv1.NetworkPolicyPort { return r.Ports })...)
		}
		if want := []string{"53 UDP", "53 TCP", "5432 TCP", "443 TCP"}; !slices.Equal(out, want) {
			t.Errorf("%s: pods reach %v", overlay, out)
		}
		if want := map[string][]string{"serve": {"http TCP"}, "citus": {"http TCP"}, "cronjob": {}}[overlay]; !slices.Equal(in, want) {
			t.Errorf("%s: pods are reached at %v", overlay, in)
		}
		closed := m.policies["pushloss"].Spec
		if !slices.Equal(closed.PolicyTypes, []networkingv1.PolicyType{"Ingress", "Egress"}) {
			t.Errorf("%s: the policy is of %v", overlay, closed.PolicyTypes)
		}
		for name, pod := range m.pods() {
			if selector, err := metav1.LabelSelectorAsMap(&closed.PodSelector); err != nil || selector["app.kubernetes.io/name"] != pod.Labels["app.kubernetes.io/name"] || len(selector) != 1 {
				t.Errorf("%s: the policy does not select %s", overlay, name)
			}
		}
	}
}

func ports[R any](rules []R, of func(R) []networkingv1.NetworkPolicyPort) []string {
	found := []string{}
	for _, rule := range rules {
		for _, port := range of(rule) {
			found = append(found, fmt.Sprintf("%s %s", port.Port, *port.Protocol))
		}
	}
	return found
}

// The cluster's schedule is the one that serve has without a file.
func TestCronJobsRunWhenServeWould(t *testing.T) {
	t.Parallel()
	m := overlays(t)["cronjob"]
	zone, err := time.LoadLocation(only(t, m.configMaps).Data["PUSHLOSS_TIMEZONE"])
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := schedules.Parse("default.yaml", schedules.Default(), []string{"run", "reconcile", "prune"}, zone)
	if err != nil {
		t.Fatal(err)
	}
	if len(wanted) != len(m.cronJobs) {
		t.Errorf("%d jobs for %d schedules", len(m.cronJobs), len(wanted))
	}
	for _, want := range wanted {
		got := m.cronJobs["pushloss-"+want.Job].Spec
		if got.Schedule != want.Cron || got.TimeZone == nil || *got.TimeZone != want.Location.String() || got.ConcurrencyPolicy != "Forbid" {
			t.Errorf("%s: %q in %v, want %q in %s", want.Job, got.Schedule, got.TimeZone, want.Cron, want.Location)
			continue
		}
		template := got.JobTemplate.Spec
		rules := template.PodFailurePolicy.Rules
		if len(rules) != 2 || rules[0].Action != "Ignore" || one(t, rules[0].OnPodConditions).Type != "DisruptionTarget" {
			t.Fatalf("%s: after an eviction %+v", want.Job, rules)
		}
		rule := rules[1]
		if template.Template.Spec.RestartPolicy != "Never" || rule.Action != "FailJob" || !slices.Equal(rule.OnExitCodes.Values, []int32{2, 4}) ||
			*rule.OnExitCodes.ContainerName != one(t, template.Template.Spec.Containers).Name {
			t.Errorf("%s: after a failure %+v", want.Job, rule)
		}
	}
	if *m.cronJobs["pushloss-reconcile"].Spec.JobTemplate.Spec.BackoffLimit != 0 {
		t.Error("a difference is looked for again at once")
	}
}
