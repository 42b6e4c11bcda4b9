package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"html/template"
	"log"
	"net/http"
	"strings"

	"registered-address/person"
	"registered-address/serve"
)

//go:embed page.html
var pageSource string

//go:embed texts.json
var textSource []byte

var (
	pageTemplate = template.Must(template.New("page").Parse(pageSource))
	texts        = mustTexts()
)

// mustTexts ends the program at its start when the embedded texts are broken: a page
// without words must never be deployed.
func mustTexts() map[string]map[string]string {
	var all map[string]map[string]string
	if err := json.Unmarshal(textSource, &all); err != nil {
		log.Fatalf("texts.json: %v", err)
	}
	return all
}

// page is the same service for a person with a browser, without JavaScript. The number is
// sent with POST, so that it stays out of histories and logs.
func (a *api) page(w http.ResponseWriter, r *http.Request) {
	if !serve.Allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	language := choose(r)
	text := texts[language]
	view := map[string]any{"Language": language, "Text": text}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		// People type and paste numbers with spaces.
		typed := strings.Join(strings.Fields(r.PostFormValue("personalNumber")), "")
		number, err := person.Parse(typed)
		if err != nil {
			view["Error"], status = text["malformed"], http.StatusBadRequest
		} else if made, err := a.certificate(r, number, day(a.now())); err == nil {
			view["Certificate"], view["Address"] = made, in(language, made.Address)
		} else if errors.Is(err, errUnknown) {
			view["Error"], status = text["unknown"], http.StatusNotFound
		} else {
			if r.Context().Err() == nil {
				log.Print(err)
			}
			view["Error"], status = text["away"], http.StatusServiceUnavailable
		}
	}
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, view); err != nil {
		serve.Fail(w, http.StatusInternalServerError, "the page cannot be shown")
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", language)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// choose takes the language that the person picked, else the first one that the browser
// asks for and the page has, else the state language.
func choose(r *http.Request) string {
	if picked := r.URL.Query().Get("lang"); texts[picked] != nil {
		return picked
	}
	for _, wanted := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag := strings.TrimSpace(wanted)
		if end := strings.IndexAny(tag, "-;"); end >= 0 {
			tag = tag[:end]
		}
		if tag = strings.ToLower(tag); texts[tag] != nil {
			return tag
		}
	}
	return "ky"
}

func in(language string, a person.Address) string {
	return map[string]string{"ky": a.Ky, "ru": a.Ru, "en": a.En}[language]
}
