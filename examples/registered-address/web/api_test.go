package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const known = `{"personalNumber":"20101180000001","postalCode":"720001","registeredSince":"2014-03-17","address":{"ky":"Бишкек ш.","ru":"г. Бишкек","en":"Bishkek"}}`

// at makes the service, a registry that knows one person, and a clock.
func at(t *testing.T, moment string) *api {
	t.Helper()
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/addresses/20101180000001" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(known))
	}))
	t.Cleanup(inner.Close)
	now, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		t.Fatal(err)
	}
	return &api{registry: newRegistry(inner.URL), now: func() time.Time { return now }}
}

func do(a *api, method, path, mediaType, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", mediaType)
	answer := httptest.NewRecorder()
	a.ServeHTTP(answer, request)
	return answer
}

func TestACertificateIsIssuedAndFoundAgainByAnyReplica(t *testing.T) {
	// 20:00 UTC is already the next day in Bishkek.
	answer := do(at(t, "2026-11-23T20:00:00Z"), "POST", "/v1/certificates", "application/json; charset=utf-8", `{"personalNumber":"20101180000001"}`)
	var issued certificate
	if err := json.Unmarshal(answer.Body.Bytes(), &issued); err != nil || answer.Code != http.StatusCreated {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	if issued.IssuedOn != "2026-11-24" || issued.ValidUntil != "2026-12-24" || issued.Status != "valid" || issued.Address.Ru != "г. Бишкек" {
		t.Errorf("issued %+v", issued)
	}
	if location := answer.Header().Get("Location"); location != "/v1/certificates/"+issued.ID {
		t.Errorf("Location: %q", location)
	}
	for moment, want := range map[string]struct {
		code   int
		status string
	}{
		"2026-11-24T00:00:00Z": {http.StatusOK, "valid"},
		"2026-12-24T17:59:59Z": {http.StatusOK, "valid"},
		"2026-12-24T18:00:00Z": {http.StatusOK, "expired"},
		"2026-11-22T00:00:00Z": {http.StatusNotFound, ""}, // not issued yet
	} {
		var shown certificate
		answer := do(at(t, moment), "GET", "/v1/certificates/"+issued.ID, "", "")
		if json.Unmarshal(answer.Body.Bytes(), &shown) != nil && want.status != "" || answer.Code != want.code {
			t.Errorf("at %s: %d %s", moment, answer.Code, answer.Body)
		} else if want.status != "" && (shown.Status != want.status || shown.IssuedOn != issued.IssuedOn || shown.ID != issued.ID) {
			t.Errorf("at %s: %+v", moment, shown)
		}
	}
}

func TestEveryAnswerIsOneOfTheDescription(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, mediaType, body string
		want                          int
	}{
		"address":               {"GET", "/v1/addresses/20101180000001", "", "", 200},
		"unknown person":        {"GET", "/v1/addresses/20101180000002", "", "", 404},
		"malformed number":      {"GET", "/v1/addresses/2010", "", "", 400},
		"an escaped slash":      {"GET", "/v1/addresses/..%2f..%2f", "", "", 400},
		"unknown certificate":   {"GET", "/v1/certificates/AAAAAAAAAAAAAAAAAA", "", "", 404},
		"certificate, no id":    {"GET", "/v1/certificates/", "", "", 404},
		"issue to nobody":       {"POST", "/v1/certificates", "application/json", `{"personalNumber":"20101180000002"}`, 404},
		"issue, malformed":      {"POST", "/v1/certificates", "application/json", `{"personalNumber":"x"}`, 400},
		"issue, no JSON":        {"POST", "/v1/certificates", "application/json", `{"personalNumber"`, 400},
		"issue, null":           {"POST", "/v1/certificates", "application/json", `null`, 400},
		"issue, a number":       {"POST", "/v1/certificates", "application/json", `{"personalNumber":20101180000001}`, 400},
		"issue, another case":   {"POST", "/v1/certificates", "application/json", `{"PERSONALNUMBER":"20101180000001"}`, 400},
		"issue, one more field": {"POST", "/v1/certificates", "application/json", `{"personalNumber":"20101180000001","x":"y"}`, 400},
		"issue, more after it":  {"POST", "/v1/certificates", "application/json", `{"personalNumber":"20101180000001"}{}`, 400},
		"issue, as a form":      {"POST", "/v1/certificates", "application/x-www-form-urlencoded", `personalNumber=20101180000001`, 415},
		"issue, too large":      {"POST", "/v1/certificates", "application/json", strings.Repeat(" ", 5000), 413},
		"wrong method":          {"DELETE", "/v1/certificates", "", "", 405},
		"nothing there":         {"GET", "/v1", "", "", 404},
	} {
		answer := do(at(t, "2026-11-23T10:00:00Z"), c.method, c.path, c.mediaType, c.body)
		mediaType := "application/json"
		if c.want >= 400 {
			mediaType = "application/problem+json"
		}
		if answer.Code != c.want || answer.Header().Get("Content-Type") != mediaType {
			t.Errorf("%s: %d %s %s", name, answer.Code, answer.Header().Get("Content-Type"), answer.Body)
		}
	}
}

func TestAnAbsentRegistryIsSaidAndNamesNobody(t *testing.T) {
	a := at(t, "2026-11-23T10:00:00Z")
	a.registry = newRegistry("http://127.0.0.1:1")
	a.registry.budget = 50 * time.Millisecond
	answer := do(a, "GET", "/v1/addresses/20101180000001", "", "")
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	_, err := a.registry.ask(httptest.NewRequest("GET", "/", nil).Context(), "20101180000001")
	if err == nil || strings.Contains(err.Error(), "20101180000001") {
		t.Errorf("the cause for the log is %q", err)
	}
}

func TestALookUpSurvivesADyingReplica(t *testing.T) {
	tries := 0
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 3 {
			panic(http.ErrAbortHandler) // breaks the connection, as a killed replica does
		}
		_, _ = w.Write([]byte(known))
	}))
	defer inner.Close()
	a := at(t, "2026-11-23T10:00:00Z")
	a.registry = newRegistry(inner.URL)
	if answer := do(a, "GET", "/v1/addresses/20101180000001", "", ""); answer.Code != http.StatusOK || tries < 3 {
		t.Errorf("after %d tries: %d %s", tries, answer.Code, answer.Body)
	}
}

func TestThePageSpeaksThreeLanguages(t *testing.T) {
	a := at(t, "2026-11-23T10:00:00Z")
	form := url.Values{"personalNumber": {"2 0101 1800 00001"}}.Encode()
	for language, address := range map[string]string{"ky": "Бишкек ш.", "ru": "г. Бишкек", "en": "Bishkek"} {
		for key, word := range texts["ky"] {
			if word == "" || texts[language][key] == "" {
				t.Errorf("%s has no text for %s", language, key)
			}
		}
		answer := do(a, "POST", "/?lang="+language, "application/x-www-form-urlencoded", form)
		page := answer.Body.String()
		if answer.Code != http.StatusOK || !strings.Contains(page, address) || !strings.Contains(page, `<html lang="`+language) {
			t.Errorf("%s: %d %s", language, answer.Code, page)
		}
	}
	request := httptest.NewRequest("GET", "/", nil)
	request.Header.Set("Accept-Language", "de-DE, ru-RU;q=0.9, en;q=0.8")
	if got := choose(request); got != "ru" {
		t.Errorf("the browser's second language is Russian, the page was in %s", got)
	}
	for value, want := range map[string]int{"x": 400, "20101180000002": 404} {
		if answer := do(a, "POST", "/?lang=en", "application/x-www-form-urlencoded", "personalNumber="+value); answer.Code != want || !strings.Contains(answer.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d %s", value, answer.Code, answer.Body)
		}
	}
}
