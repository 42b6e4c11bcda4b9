// Package image writes a container image of one static program as an archive.
//
// Place on the path from manifest to register: under the first pod, whose sandbox image can come from
// nowhere else on a machine with no way out. Nothing here is for services: their images are built by
// the factory.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path"
	"runtime"
)

// Write writes file as a docker-archive image called name, which runs program. The same program makes
// the same bytes.
func Write(file, name, program string) error {
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	entry := path.Base(program)
	layer, err := archive(member{entry, text, 0o755})
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/" + entry}, "User": "65535:65535"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config":   digest(config) + ".json",
		"RepoTags": []string{name},
		"Layers":   []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	whole, err := archive(
		member{"layer.tar", layer, 0o644},
		member{digest(config) + ".json", config, 0o644},
		member{"manifest.json", manifest, 0o644},
	)
	if err != nil {
		return err
	}
	return os.WriteFile(file, whole, 0o644)
}

type member struct {
	name string
	text []byte
	mode int64
}

func archive(members ...member) ([]byte, error) {
	var whole bytes.Buffer
	writer := tar.NewWriter(&whole)
	for _, member := range members {
		header := &tar.Header{Name: member.name, Size: int64(len(member.text)), Mode: member.mode, Format: tar.FormatUSTAR}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(member.text); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return whole.Bytes(), err
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
