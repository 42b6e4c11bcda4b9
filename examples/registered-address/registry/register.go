package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"registered-address/person"
	"registered-address/serve"
)

// registerTime is how long an answer takes. The state register that this synthetic one stands
// for is asked through Tunduk's security servers; a stand-in that answered in microseconds
// would hide what users feel when a pod ends while their request is under way.
const registerTime = 250 * time.Millisecond

// register answers addresses by personal number once its export has been read. The map is
// set whole and never changed, so readers need no lock.
type register struct {
	answerTime time.Duration
	records    atomic.Pointer[map[person.Number]person.Record]
}

// load reads the whole export or nothing: half a register would answer "nobody has this
// number" about people whom it has not read yet.
func (r *register) load(export io.Reader) error {
	var list []person.Record
	if err := json.NewDecoder(export).Decode(&list); err != nil {
		return fmt.Errorf("the export of addresses cannot be read: %w", err)
	}
	records := make(map[person.Number]person.Record, len(list))
	for _, entry := range list {
		if _, err := person.Parse(string(entry.PersonalNumber)); err != nil {
			return fmt.Errorf("the export of addresses has a wrong personal number: %w", err)
		}
		if _, twice := records[entry.PersonalNumber]; twice {
			return fmt.Errorf("the export of addresses has a personal number twice")
		}
		records[entry.PersonalNumber] = entry
	}
	r.records.Store(&records)
	return nil
}

// ServeHTTP answers GET /addresses/{personal number}: 200 with the record, 404 when nobody
// has that number, 503 while the export is being read.
func (r *register) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	text := strings.TrimPrefix(request.URL.Path, "/addresses/")
	if text == request.URL.Path {
		serve.Fail(w, http.StatusNotFound, "there is nothing at this address")
		return
	}
	if !serve.Allow(w, request, http.MethodGet) {
		return
	}
	number, err := person.Parse(text)
	if err != nil {
		serve.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	records := r.records.Load()
	if records == nil {
		serve.Fail(w, http.StatusServiceUnavailable, "the addresses are being loaded")
		return
	}
	select {
	case <-time.After(r.answerTime):
	case <-request.Context().Done():
		return
	}
	entry, found := (*records)[number]
	if !found {
		serve.Fail(w, http.StatusNotFound, "nobody with this personal number is registered at an address")
		return
	}
	serve.JSON(w, http.StatusOK, entry)
}
