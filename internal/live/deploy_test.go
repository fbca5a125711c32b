package live

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const deploy = "../../examples/deploy/"

// placed puts an executable, and its update if it has one, into a directory as kvd.
func placed(t *testing.T, exe string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Symlink(exe, filepath.Join(dir, "kvd")))
	if _, err := os.Stat(exe + ".update"); err == nil {
		require.NoError(t, os.Symlink(exe+".update", filepath.Join(dir, "kvd.update")))
	}
	return dir
}

// TestSystemdUnit: what ExecReload says takes the process to the next release, and fails
// where there is none; systemd understands the unit.
func TestSystemdUnit(t *testing.T) {
	p := Start(t, filepath.Join(placed(t, ops1.Exe(t)), "kvd"))
	require.Equal(t, "ready", p.Line())
	text, err := os.ReadFile(deploy + "systemd/kvd.service")
	require.NoError(t, err)
	next := placed(t, ops2.Exe(t))
	unit := strings.NewReplacer("/opt/kvd/current", next, "/run/kvd/admin.sock", p.sock, "/usr/local/bin/upstarego", Tool(t), "User=kvd", "User=root").Replace(string(text))
	var reload []string
	for line := range strings.SplitSeq(unit, "\n") {
		if command, ok := strings.CutPrefix(line, "ExecReload="); ok {
			reload = strings.Fields(command)
		}
	}
	require.NotEmpty(t, reload)
	again := func() (string, int) {
		cmd := exec.Command(reload[0], reload[1:]...)
		cmd.Env, cmd.Dir = []string{"PATH=/usr/bin:/bin"}, "/"
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	p.listens()
	out, exit := again()
	require.Equal(t, 0, exit, out)
	require.Contains(t, out, "release 1 -> 2")
	require.Equal(t, `r2 "GET /debug/vars"`, p.Ask("mux"))
	out, exit = again()
	require.Equal(t, 3, exit, out)
	require.Contains(t, out, "UP2005")

	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not there: the unit is not verified")
		return
	}
	file := filepath.Join(t.TempDir(), "kvd.service")
	require.NoError(t, os.WriteFile(file, []byte(unit), 0o644))
	said, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.NotContains(t, string(said), "kvd.service:", "a line is passed over")
}

// kubectl is one for a single pod, which is this machine.
const kubectl = `#!/bin/sh
echo "$@" >>"$KUBECTL_LOG"
case "$1 $2" in
"set image") ;;
"get pods") echo pod/kvd-0 ;;
"get pod/kvd-0") printf %s "$POD_IMAGE" ;;
exec\ *)
	while [ "$1" != -- ]; do shift; done
	shift
	exec "$@"
	;;
*) exit 9 ;;
esac
`

// TestPodsInPlace: update-pods.sh updates what start.sh has started, which begins in the
// new release when it is started again.
func TestPodsInPlace(t *testing.T) {
	bin, releases := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "kubectl"), []byte(kubectl), 0o755))
	require.NoError(t, os.Symlink(Tool(t), filepath.Join(bin, "upstarego")))
	start, err := filepath.Abs(deploy + "container/start.sh")
	require.NoError(t, err)
	env := []string{"APP=" + placed(t, ops1.Exe(t)), "RELEASES=" + releases}
	begin := func() *Process {
		p := StartWith(t, filepath.Join(t.TempDir(), "admin.sock"), env, start)
		require.Equal(t, "ready", p.Line())
		return p
	}
	p := begin()
	require.Equal(t, "none", p.Ask("vars"))
	log := filepath.Join(bin, "log")
	update := func(image string) (string, int) {
		cmd := exec.Command(deploy+"kubernetes/update-pods.sh", placed(t, ops2.Exe(t)), "r2", "example.com/kvd:r2")
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "RELEASES="+releases, "UPSTARE_ADMIN="+p.sock, "POD_IMAGE="+image, "KUBECTL_LOG="+log)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, exit := update("example.com/kvd:r2")
	require.Equal(t, 0, exit, out)
	require.Equal(t, "none", p.Ask("vars"), "a pod of the new image is left alone")
	p.listens()
	out, exit = update("example.com/kvd:r1")
	require.Equal(t, 0, exit, out)
	require.Contains(t, out, "release 1 -> 2")
	require.Contains(t, p.Ask("vars"), `"release_number":2`)
	said, err := os.ReadFile(log)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(said), "set image statefulset/kvd kvd=example.com/kvd:r2\n"), "the image comes first: %s", said)
	out, exit = update("example.com/kvd:r1")
	require.Equal(t, 3, exit, "what is not taken ends it: %s", out)

	p = begin()
	require.Contains(t, p.Ask("vars"), `"release_number":1`, "the second release, from its start")
}

// TestManifests: the manifests are YAML, pods are not made anew when the template changes,
// and everything that is written to is on a volume.
func TestManifests(t *testing.T) {
	text, err := os.ReadFile(deploy + "kubernetes/kvd.yaml")
	require.NoError(t, err)
	type object struct {
		Kind string
		Spec struct {
			UpdateStrategy struct{ Type string } `yaml:"updateStrategy"`
			Template       struct {
				Spec struct {
					Volumes    []struct{ Name string }
					Containers []struct {
						Env             []struct{ Name, Value string }
						SecurityContext struct {
							ReadOnly bool `yaml:"readOnlyRootFilesystem"`
						} `yaml:"securityContext"`
						VolumeMounts []struct {
							Name string
							Path string `yaml:"mountPath"`
						} `yaml:"volumeMounts"`
					}
				}
			}
		}
	}
	docker, err := os.ReadFile(deploy + "container/Dockerfile")
	require.NoError(t, err)
	kinds := map[string]object{}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		kinds[o.Kind] = o
	}
	require.Contains(t, kinds, "Service")
	set := kinds["StatefulSet"].Spec
	require.Equal(t, "OnDelete", set.UpdateStrategy.Type)
	require.Len(t, set.Template.Spec.Containers, 1)
	c := set.Template.Spec.Containers[0]
	require.True(t, c.SecurityContext.ReadOnly)
	volumes := map[string]bool{}
	for _, v := range set.Template.Spec.Volumes {
		volumes[v.Name] = true
	}
	for _, m := range c.VolumeMounts {
		require.True(t, volumes[m.Name], m.Name)
	}
	for _, e := range c.Env {
		if e.Name == "UPSTARE_TRUST" {
			require.Contains(t, string(docker), e.Name+"="+e.Value, "it is in the image")
			continue
		}
		on := false
		for _, m := range c.VolumeMounts {
			on = on || e.Value == m.Path || strings.HasPrefix(e.Value, m.Path+"/")
		}
		require.True(t, on, "%s=%s is on no volume", e.Name, e.Value)
	}
}
