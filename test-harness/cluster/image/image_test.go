package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnImageIsTheSameForTheSameProgramAndNamesWhatItHolds(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "pause")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	var made [][]byte
	for _, name := range []string{"one", "two"} {
		file := filepath.Join(folder, name)
		if err := Write(file, "factory.test/pause:1", program); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, text)
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("the same program made two images")
	}
	members := map[string][]byte{}
	for reader := tar.NewReader(bytes.NewReader(made[0])); ; {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if members[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
	var manifest []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal(members["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("manifest %s: %v", members["manifest.json"], err)
	}
	config, layer := members[manifest[0].Config], members[manifest[0].Layers[0]]
	if !strings.Contains(string(config), `"/pause"`) || !strings.Contains(string(config), digest(layer)) {
		t.Errorf("the configuration is %s", config)
	}
	if err := Write(filepath.Join(folder, "three"), "x", filepath.Join(folder, "none")); err == nil {
		t.Error("an image was made of no program")
	}
}
