package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"registered-address/person"
)

// errUnknown: the registry answered, and nobody has that number.
var errUnknown = errors.New("nobody with this personal number is registered at an address")

// errAway: no replica of the registry answered in time.
var errAway = errors.New("the register of addresses does not answer now; please try again in a minute")

// registry asks the inner component. It has several replicas behind one name, so a replica
// that just died costs a user a new connection and never an error.
type registry struct {
	base   string // without a slash at its end
	client *http.Client
	// attempt limits one try, budget all of them together.
	attempt, budget time.Duration
}

func newRegistry(base string) *registry {
	dialer := net.Dialer{Timeout: 250 * time.Millisecond, KeepAlive: 15 * time.Second}
	return &registry{
		base: strings.TrimRight(base, "/"),
		client: &http.Client{Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
		}},
		attempt: time.Second,
		budget:  3 * time.Second,
	}
}

// find looks one person up: errUnknown when nobody has the number, errAway (wrapping the
// cause) when the registry did not answer within the budget. Looking up changes nothing,
// so trying again is safe.
func (r *registry) find(ctx context.Context, number person.Number) (person.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, r.budget)
	defer cancel()
	pause := 10 * time.Millisecond
	for {
		found, err := r.ask(ctx, number)
		if err == nil || errors.Is(err, errUnknown) {
			return found, err
		}
		// The next try must not take another connection to the replica that is gone.
		r.client.CloseIdleConnections()
		select {
		case <-ctx.Done():
			return person.Record{}, fmt.Errorf("%w: %v", errAway, err)
		case <-time.After(pause):
			pause *= 2
		}
	}
}

func (r *registry) ask(ctx context.Context, number person.Number) (person.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, r.attempt)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/addresses/"+string(number), nil)
	if err != nil {
		return person.Record{}, err
	}
	response, err := r.client.Do(request)
	if err != nil {
		// A url.Error repeats the address, and in it the personal number: keep the cause alone.
		var broken *url.Error
		if errors.As(err, &broken) {
			err = broken.Err
		}
		return person.Record{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	switch {
	case err != nil:
		return person.Record{}, err
	case response.StatusCode == http.StatusNotFound:
		return person.Record{}, errUnknown
	case response.StatusCode != http.StatusOK:
		return person.Record{}, fmt.Errorf("the registry answered %s", response.Status)
	}
	var found person.Record
	if err := json.Unmarshal(body, &found); err != nil {
		return person.Record{}, fmt.Errorf("the registry's answer cannot be read: %w", err)
	}
	return found, nil
}
