package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcore "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"

	"factory.gov.kg/test-harness/cluster/changes"
)

// retryAfter is when a volume that failed is tried again, though nothing about it changed.
const retryAfter = 2 * time.Second

type maker struct {
	client  kubernetes.Interface
	events  record.EventRecorder
	folders Folders
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	classes storagelisters.StorageClassLister
}

// Run makes and removes volumes until the context ends.
func Run(ctx context.Context, config *rest.Config, folders Folders) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	claims, volumes := factory.Core().V1().PersistentVolumeClaims(), factory.Core().V1().PersistentVolumes()
	classes := factory.Storage().V1().StorageClasses()
	changed, notice, err := changes.Of(claims.Informer(), volumes.Informer(), classes.Informer())
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typedcore.EventSinkImpl{Interface: client.CoreV1().Events("")})
	events := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: Provisioner})
	maker := maker{client: client, events: events, folders: folders, claims: claims.Lister(), volumes: volumes.Lister(), classes: classes.Lister()}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
		if err := errors.Join(maker.make(ctx), maker.remove(ctx)); err != nil {
			fmt.Println("storage:", err)
			time.AfterFunc(retryAfter, notice)
		}
	}
}

func (m maker) make(ctx context.Context) error {
	claims, err := m.claims.List(labels.Everything())
	if err != nil {
		return err
	}
	var failed []error
	for _, claim := range claims {
		if err := m.makeFor(ctx, claim); err != nil {
			failed = append(failed, fmt.Errorf("claim %s/%s: %w", claim.Namespace, claim.Name, err))
		}
	}
	return errors.Join(failed...)
}

func (m maker) makeFor(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if claim.Spec.StorageClassName == nil || *claim.Spec.StorageClassName == "" {
		return nil
	}
	class, err := m.classes.Get(*claim.Spec.StorageClassName)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	volume, err := wanted(claim, class)
	if err != nil {
		// What cannot be made is told where a person looks for it; it waits for another claim.
		m.events.Event(claim, corev1.EventTypeWarning, "ProvisioningFailed", err.Error())
		return nil
	}
	if volume == nil {
		return nil
	}
	if _, err := m.volumes.Get(volume.Name); err == nil {
		return nil // made, and about to be bound
	}
	if err := m.folders.create(claim.Annotations[selectedNode], volume.Name); err != nil {
		return err
	}
	_, err = m.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// remove removes the directory first: an interrupted run leaves an object that is tried again, never a
// directory that nobody knows.
func (m maker) remove(ctx context.Context) error {
	volumes, err := m.volumes.List(labels.Everything())
	if err != nil {
		return err
	}
	var failed []error
	for _, volume := range volumes {
		if !discarded(volume) {
			continue
		}
		err := m.folders.remove(volume)
		if err == nil {
			err = m.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("volume %s: %w", volume.Name, err))
		}
	}
	return errors.Join(failed...)
}
