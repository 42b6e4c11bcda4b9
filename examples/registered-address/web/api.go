package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"log"
	"mime"
	"net/http"
	"strings"
	"time"

	"registered-address/person"
	"registered-address/serve"
)

//go:embed openapi.json
var description []byte

const noCertificate = "no certificate with this id was issued"

// api is the service's public side. It keeps nothing between two requests.
type api struct {
	registry *registry
	now      func() time.Time
}

// ServeHTTP finds the operation. It is not http.ServeMux, whose redirects of unusual
// paths would be answers that the description does not know.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/":
		a.page(w, r)
	case path == "/openapi.json":
		a.describe(w, r)
	case path == "/v1/certificates":
		a.issue(w, r)
	case strings.HasPrefix(path, "/v1/certificates/"):
		a.show(w, r, strings.TrimPrefix(path, "/v1/certificates/"))
	case strings.HasPrefix(path, "/v1/addresses/"):
		a.address(w, r, strings.TrimPrefix(path, "/v1/addresses/"))
	default:
		serve.Fail(w, http.StatusNotFound, "there is nothing at this address")
	}
}

func (a *api) describe(w http.ResponseWriter, r *http.Request) {
	if serve.Allow(w, r, http.MethodGet) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(description)
	}
}

// issue is POST /v1/certificates. Asking twice on one day gives the same certificate, so
// a client whose connection broke may simply ask again.
func (a *api) issue(w http.ResponseWriter, r *http.Request) {
	if !serve.Allow(w, r, http.MethodPost) {
		return
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		serve.Fail(w, http.StatusUnsupportedMediaType, "the request must be application/json")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			serve.Fail(w, http.StatusRequestEntityTooLarge, "the request has more than 4096 bytes")
		} else {
			serve.Fail(w, http.StatusBadRequest, "the request ended before its body did")
		}
		return
	}
	// A map and not a struct, because encoding/json fills struct fields whatever their case.
	var asked map[string]string
	if json.Unmarshal(body, &asked) != nil || len(asked) != 1 {
		serve.Fail(w, http.StatusBadRequest, `the request must be {"personalNumber": "14 digits"} and nothing else`)
		return
	}
	number, err := person.Parse(asked["personalNumber"])
	if err != nil {
		serve.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	issued, err := a.certificate(r, number, day(a.now()))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Location", "/v1/certificates/"+issued.ID)
	serve.JSON(w, http.StatusCreated, issued)
}

// show is GET /v1/certificates/{id}.
func (a *api) show(w http.ResponseWriter, r *http.Request, id string) {
	if !serve.Allow(w, r, http.MethodGet) {
		return
	}
	number, issued, known := readID(id, day(a.now()))
	if !known {
		serve.Fail(w, http.StatusNotFound, noCertificate)
		return
	}
	shown, err := a.certificate(r, number, issued)
	if errors.Is(err, errUnknown) {
		serve.Fail(w, http.StatusNotFound, noCertificate)
		return
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	serve.JSON(w, http.StatusOK, shown)
}

// address is GET /v1/addresses/{personalNumber}.
func (a *api) address(w http.ResponseWriter, r *http.Request, text string) {
	if !serve.Allow(w, r, http.MethodGet) {
		return
	}
	number, err := person.Parse(text)
	if err != nil {
		serve.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	found, err := a.registry.find(r.Context(), number)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	serve.JSON(w, http.StatusOK, found)
}

// certificate makes the one that was or is issued to this person on that day.
func (a *api) certificate(r *http.Request, number person.Number, issued int) (certificate, error) {
	found, err := a.registry.find(r.Context(), number)
	if err != nil {
		return certificate{}, err
	}
	made, given := certify(found, issued, day(a.now()))
	if !given {
		return certificate{}, errUnknown
	}
	return made, nil
}

// fail answers what the registry said. The log gets the cause, never the personal number.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errUnknown) {
		serve.Fail(w, http.StatusNotFound, errUnknown.Error())
		return
	}
	if r.Context().Err() == nil { // a client that went away is no failure of the registry
		log.Print(err)
	}
	w.Header().Set("Retry-After", "5")
	serve.Fail(w, http.StatusServiceUnavailable, errAway.Error())
}
