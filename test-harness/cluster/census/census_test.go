package census

import (
	"reflect"
	"testing"
)

func TestProcessesAreDescribedAsTheKernelNumbersThem(t *testing.T) {
	for name, each := range map[string]struct {
		status, command string
		want            Process
	}{
		"the machine's own": {"Name:\tx\nNSpid:\t40\n", "a\x00b\x00", Process{ID: 40, Inner: 40, Command: []string{"a", "b"}}},
		"a node's first":    {"NSpid:\t40\t12\t1\n", "n\x00", Process{ID: 40, Inner: 1, Depth: 2, Command: []string{"n"}}},
		"one that is dying": {"NSpid:\t40\t12\n", "", Process{ID: 40, Inner: 12, Depth: 1}},
		"a kernel without":  {"Name:\tx\n", "a\x00", Process{ID: 40, Inner: 40, Command: []string{"a"}}},
	} {
		if got := describe(40, each.status, each.command); !reflect.DeepEqual(got, each.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
