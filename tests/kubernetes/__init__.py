"""What the tests of deploy/k8s need: kustomize, the operators' schemas, and what an overlay becomes."""
