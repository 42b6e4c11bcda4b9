package serve

import (
	"encoding/json"
	"net/http"
)

// Problem is an RFC 9457 answer. Its type is always "about:blank": the status says what
// kind of problem it is, and the detail says it to a person.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// Fail answers with a problem. The detail must not repeat what the client sent: a
// personal number in an answer would end up in somebody's log.
func Fail(w http.ResponseWriter, status int, detail string) {
	answer(w, "application/problem+json", status, Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail,
	})
}

// JSON answers with a value. Answers about people are not for any cache.
func JSON(w http.ResponseWriter, status int, value any) {
	answer(w, "application/json", status, value)
}

func answer(w http.ResponseWriter, mediaType string, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that went away is not our failure
}

// Allow answers requests of other methods with 405 and says whether to go on. GET brings HEAD with it.
func Allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, method := range methods {
		if r.Method == method || method == http.MethodGet && r.Method == http.MethodHead {
			return true
		}
	}
	for _, method := range methods {
		w.Header().Add("Allow", method)
	}
	Fail(w, http.StatusMethodNotAllowed, "this address does not take that method")
	return false
}
