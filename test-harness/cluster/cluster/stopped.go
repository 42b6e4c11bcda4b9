package cluster

import (
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// wakeWhenRemoved starts program name again once file, which holds it down, is removed.
func (b *builder) wakeWhenRemoved(file, name string) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	if err := watcher.Add(filepath.Dir(file)); err != nil {
		return err
	}
	go func() {
		for event := range watcher.Events {
			if event.Name == file && event.Has(fsnotify.Remove) {
				b.report(b.keeper.Wake(name))
			}
		}
	}()
	return nil
}
