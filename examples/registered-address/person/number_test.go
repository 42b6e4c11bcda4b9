package person

import (
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]error{
		"20101180000001":  nil,
		"12902189600002":  nil, // 1896 was a leap year
		"2010118000000":   ErrLength,
		"201011800000011": ErrLength,
		"":                ErrLength,
		"2010118000000x":  ErrDigits,
		"٢٠١٠١١٨":         ErrDigits, // 14 bytes, but not ASCII digits
		"30101180000001":  ErrSex,
		"23102190000001":  ErrDate,
		"12902189700002":  ErrDate,
		"20101179900001":  ErrDate,
	} {
		number, err := Parse(text)
		if !errors.Is(err, want) {
			t.Errorf("Parse(%q) failed with %v, want %v", text, err, want)
		}
		if want == nil && string(number) != text {
			t.Errorf("Parse(%q) = %q", text, number)
		}
	}
}
