// Package storage makes volumes of class local: a directory on the node where the pod runs.
//
// Place on the path from manifest to register: where a service that declares a volume keeps its data.
// A volume is made once its pod has a node, and its directory is removed with the claim. It must not
// touch a directory that it did not make.
package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Names that the StorageClass, the scheduler and this package share.
const (
	Provisioner  = "factory-cluster/local"
	selectedNode = "volume.kubernetes.io/selected-node"
	provisioned  = "pv.kubernetes.io/provisioned-by"
)

// onNode is where a node sees the directories of its volumes.
const onNode = "/var/lib/factory/volumes"

// wanted is the volume that a claim waits for, or nil where it waits for none of ours, or not yet.
func wanted(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) (*corev1.PersistentVolume, error) {
	node := claim.Annotations[selectedNode]
	ours := class != nil && class.Provisioner == Provisioner
	if !ours || node == "" || claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil {
		return nil, nil
	}
	for _, mode := range claim.Spec.AccessModes {
		if mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany {
			return nil, fmt.Errorf("access mode %s: a local volume is on one node; ask for ReadWriteOnce", mode)
		}
	}
	if claim.Spec.VolumeMode != nil && *claim.Spec.VolumeMode == corev1.PersistentVolumeBlock {
		return nil, errors.New("volume mode Block: a local volume is a directory")
	}
	name := "pvc-" + string(claim.UID) // the claim's own id: a second attempt makes the same volume
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisioned: Provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			StorageClassName:              class.Name,
			PersistentVolumeReclaimPolicy: reclaim(class),
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name,
				UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: filepath.Join(onNode, name)}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{
					Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node},
				}},
			}}}},
		},
	}, nil
}

func reclaim(class *storagev1.StorageClass) corev1.PersistentVolumeReclaimPolicy {
	if class.ReclaimPolicy != nil {
		return *class.ReclaimPolicy
	}
	return corev1.PersistentVolumeReclaimDelete
}

// discarded says whether a volume is ours to remove.
func discarded(volume *corev1.PersistentVolume) bool {
	return volume.Annotations[provisioned] == Provisioner &&
		volume.Status.Phase == corev1.VolumeReleased && volume.DeletionTimestamp == nil &&
		volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
}

// nodeOf is the node that a volume made here is on.
func nodeOf(volume *corev1.PersistentVolume) (string, error) {
	affinity := volume.Spec.NodeAffinity
	if affinity == nil || affinity.Required == nil || len(affinity.Required.NodeSelectorTerms) != 1 {
		return "", fmt.Errorf("volume %s: its node is not known", volume.Name)
	}
	expressions := affinity.Required.NodeSelectorTerms[0].MatchExpressions
	if len(expressions) != 1 || len(expressions[0].Values) != 1 {
		return "", fmt.Errorf("volume %s: its node is not known", volume.Name)
	}
	return expressions[0].Values[0], nil
}

// Folders turns a node's name into where that node's volumes are, as this process sees them.
type Folders func(node string) (string, error)

func (f Folders) create(node, name string) error {
	folder, err := f(node)
	if err != nil {
		return err
	}
	folder = filepath.Join(folder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// Any user may write: which one a pod runs as is the pod's matter, as with other local provisioners.
	return os.Chmod(folder, 0o777)
}

func (f Folders) remove(volume *corev1.PersistentVolume) error {
	node, err := nodeOf(volume)
	if err != nil {
		return err
	}
	folder, err := f(node)
	if err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(folder, filepath.Base(volume.Name)))
}
