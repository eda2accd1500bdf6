"""Kubernetes: Kustomize's base, components and overlays; what is written from the code, `make manifests`."""
