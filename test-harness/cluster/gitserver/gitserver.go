// Package gitserver serves bare repositories over HTTP: git's own http-backend behind Go's web server.
//
// Place on the path from manifest to register: where services' sources stand, so that the operator
// resolves real commits from a real server. Inside the cluster it is read-only. A push is taken only
// through the port on the machine's loopback, and makes the repository where there is none.
package gitserver

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"factory.gov.kg/test-harness/cluster/gateway"
	"factory.gov.kg/test-harness/cluster/layout"
)

const backend = "/usr/lib/git-core/git-http-backend"

// repository is what a path may name: organisation and repository, no dot in front, nothing above.
var repository = regexp.MustCompile(`^/([a-z0-9][a-z0-9._-]*)/([a-z0-9][a-z0-9._-]*)\.git/`)

type server struct {
	root  string
	push  bool
	mutex sync.Mutex
}

// Run serves the repositories under root until a listener fails.
func Run(root string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	outside, err := gateway.Inherited(3, "git")
	if err != nil {
		return err
	}
	inside, err := net.Listen("tcp4", layout.GitAddress+":80")
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- http.Serve(outside, &server{root: root, push: true}) }()
	go func() { failed <- http.Serve(inside, &server{root: root}) }()
	return <-failed
}

func (s *server) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	named := repository.FindString(request.URL.Path)
	if named == "" || strings.Contains(request.URL.Path, "..") {
		http.NotFound(answer, request)
		return
	}
	pushes := request.URL.Query().Get("service") == "git-receive-pack" ||
		strings.HasSuffix(request.URL.Path, "/git-receive-pack")
	if pushes && !s.push {
		http.Error(answer, "this address is read-only: push through the port on loopback", http.StatusForbidden)
		return
	}
	if pushes {
		if err := s.create(filepath.Join(s.root, filepath.Clean(named))); err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	if err := measure(request); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	handler := cgi.Handler{
		Path: backend,
		Env: []string{
			"GIT_PROJECT_ROOT=" + s.root,
			"GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=2",
			"GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=" + fmt.Sprint(s.push),
			"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
		},
		InheritEnv: []string{"PATH"},
	}
	if protocol := request.Header.Get("Git-Protocol"); protocol != "" {
		handler.Env = append(handler.Env, "GIT_PROTOCOL="+protocol)
	}
	handler.ServeHTTP(answer, request)
}

func (s *server) create(folder string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := os.Stat(filepath.Join(folder, "HEAD")); err == nil {
		return nil
	}
	output, err := exec.Command("git", "init", "--quiet", "--bare", "--initial-branch=main", folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make repository: %w: %s", err, output)
	}
	return nil
}

// measure gives a request that came in chunks a length, which CGI needs: git sends every push over
// 1 MiB in chunks.
func measure(request *http.Request) error {
	if request.ContentLength >= 0 {
		return nil
	}
	spool, err := os.CreateTemp("", "factory-git-")
	if err != nil {
		return err
	}
	if err := os.Remove(spool.Name()); err != nil { // the open file stays until it is closed
		return err
	}
	length, err := io.Copy(spool, request.Body)
	if err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	request.ContentLength, request.TransferEncoding, request.Body = length, nil, spool
	return nil
}
