package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(r *register, path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer
}

func TestAddressesAreAnsweredOnceTheExportIsRead(t *testing.T) {
	var r register
	if answer := get(&r, "/addresses/20101180000001"); answer.Code != http.StatusServiceUnavailable || r.ready() == nil {
		t.Fatalf("before loading: answered %d, ready says %v", answer.Code, r.ready())
	}
	if err := r.load(open()); err != nil {
		t.Fatal(err)
	}
	if err := r.ready(); err != nil {
		t.Errorf("after loading, ready says %v", err)
	}
	for path, want := range map[string]struct {
		status int
		part   string
	}{
		"/addresses/20101180000001":  {http.StatusOK, `"postalCode":"720001"`},
		"/addresses/10602187200012":  {http.StatusOK, `"en":"115 Ibraimov Street, flat 60, Bishkek"`},
		"/addresses/20101180099999":  {http.StatusNotFound, "nobody"},
		"/addresses/2010118009999":   {http.StatusBadRequest, "14 digits"},
		"/addresses/":                {http.StatusBadRequest, "14 digits"},
		"/somewhere":                 {http.StatusNotFound, "nothing"},
		"/addresses/20101180000001/": {http.StatusBadRequest, "14 digits"},
	} {
		answer := get(&r, path)
		if answer.Code != want.status || !strings.Contains(answer.Body.String(), want.part) {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
}

func TestABrokenExportIsNeverHalfLoaded(t *testing.T) {
	good := `{"personalNumber":"20101180000001","address":{"ky":"a","ru":"b","en":"c"}}`
	for _, export := range []string{
		"", "[" + good, "[" + good + "," + good + "]", `[` + good + `,{"personalNumber":"1"}]`,
	} {
		var r register
		if err := r.load(strings.NewReader(export)); err == nil || r.ready() == nil {
			t.Errorf("%q was loaded: %v", export, err)
		}
	}
}

// The data are synthetic: every year of birth is in the reserved range 1800 to 1899.
func TestNobodyLivingIsInTheExport(t *testing.T) {
	var r register
	if err := r.load(open()); err != nil {
		t.Fatal(err)
	}
	for number := range *r.records.Load() {
		if string(number[5:7]) != "18" {
			t.Errorf("%s is outside the reserved range", number)
		}
	}
}
