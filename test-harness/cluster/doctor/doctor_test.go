package doctor

import (
	"errors"
	"strings"
	"testing"
)

func whole() Facts {
	return Facts{
		Capabilities: 1<<41 - 1,
		Root:         true,
		Versions:     map[string]string{"go": "1.26.0", "cargo": "1.95.0", "make": "4.3", "git": "2.39.5"},
		Controllers:  []string{"cpu", "cpuset", "memory", "pids", "freezer"},
		Kernel:       map[string]error{"overlay": nil, "nf_tables": nil, "veth": nil, "bridge": nil},
		FreeDisk:     30 * gib,
		Memory:       8 * gib,
	}
}

func missing(facts Facts) []string {
	var names []string
	for _, finding := range Judge(facts) {
		if !finding.Good {
			names = append(names, finding.Name)
			if finding.Remedy == "" || strings.Contains(finding.Remedy, "\n") {
				names = append(names, "and no remedy on one line for it")
			}
		} else if finding.Remedy != "" {
			names = append(names, finding.Name+" is good and has a remedy")
		}
	}
	return names
}

func TestDoctorFindsEachLackByItselfAndAllAtOnce(t *testing.T) {
	if names := missing(whole()); len(names) != 0 {
		t.Fatalf("a whole machine lacks %v", names)
	}
	every := whole()
	for name, hurt := range map[string]func(*Facts){
		"root":             func(f *Facts) { f.Root = false },
		"capabilities":     func(f *Facts) { f.Capabilities &^= 1 << netAdmin },
		"go":               func(f *Facts) { f.Versions["go"] = "1.25.9" },
		"cargo":            func(f *Facts) { f.Versions["cargo"] = "" },
		"make":             func(f *Facts) { f.Versions["make"] = "" },
		"git":              func(f *Facts) { f.Versions["git"] = "" },
		"packages":         func(f *Facts) { f.Lacking = []string{"runc"} },
		"control groups":   func(f *Facts) { f.Controllers = []string{"cpu", "cpuset", "memory"} },
		"kernel overlay":   func(f *Facts) { f.Kernel["overlay"] = errors.New("no") },
		"kernel nf_tables": func(f *Facts) { delete(f.Kernel, "nf_tables") },
		"kernel veth":      func(f *Facts) { f.Kernel["veth"] = errors.New("no") },
		"kernel bridge":    func(f *Facts) { f.Kernel["bridge"] = errors.New("no") },
		"free disk":        func(f *Facts) { f.FreeDisk = 24 * gib },
		"memory":           func(f *Facts) { f.Memory = 5 * gib },
	} {
		one := whole()
		hurt(&one)
		hurt(&every)
		if names := missing(one); len(names) != 1 || names[0] != name {
			t.Errorf("without %s, missing are %v", name, names)
		}
	}
	if names := missing(every); len(names) != 14 {
		t.Errorf("of 14 lacks, %v are found", names)
	}
}

func TestDoctorRefusesToPushOutADockerInUse(t *testing.T) {
	facts := whole()
	facts.Docker = true
	if names := missing(facts); len(names) != 0 {
		t.Errorf("Docker beside a whole machine: missing are %v", names)
	}
	facts.Lacking = []string{"containerd"}
	for _, finding := range Judge(facts) {
		if finding.Name == "packages" && !strings.Contains(finding.Remedy, "KUBECONFIG") {
			t.Errorf("the remedy is %q", finding.Remedy)
		}
	}
}

func TestLessDiskIsEnoughOnceTheBinaryIsBuilt(t *testing.T) {
	facts := whole()
	facts.FreeDisk, facts.Built = 12*gib, true
	if names := missing(facts); len(names) != 0 {
		t.Errorf("missing are %v", names)
	}
}

func TestVersionsAreComparedByNumber(t *testing.T) {
	for version, good := range map[string]bool{"1.26": true, "1.26.8": true, "1.100": true, "2.0": true, "1.9": false, "1.25.99": false, "devel": false} {
		if atLeast(version, "1.26") != good {
			t.Errorf("%s is judged %t", version, !good)
		}
	}
}

func TestThePackageListNamesAProgramForEach(t *testing.T) {
	all := Packages()
	if len(all) < 10 {
		t.Fatalf("only %d packages are read", len(all))
	}
	for line := range strings.Lines(packages) {
		if fields := strings.Fields(line); len(fields) != 2 && !strings.HasPrefix(line, "#") {
			t.Errorf("line %q", line)
		}
	}
}
