// Package changes folds all that informers see into one channel, so that a reader works off the newest
// state once, however many events led to it.
//
// Place on the path from manifest to register: under the ingress, the network policies and the volumes of
// the embedded cluster, each of which compares the whole state. It must keep no event.
package changes

import "k8s.io/client-go/tools/cache"

// Of gives a channel that is readable after a change of what informers hold, and a function that makes it
// so without one.
func Of(informers ...cache.SharedIndexInformer) (<-chan struct{}, func(), error) {
	changed := make(chan struct{}, 1)
	notice := func() {
		select {
		case changed <- struct{}{}:
		default: // a change is already waiting to be read
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notice() },
		UpdateFunc: func(any, any) { notice() },
		DeleteFunc: func(any) { notice() },
	}
	for _, informer := range informers {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, nil, err
		}
	}
	return changed, notice, nil
}
