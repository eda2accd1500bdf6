"""`python -m deploy.k8s`: write the manifests that follow from the code."""

from deploy.k8s.written import ROOT, files

for name, text in files().items():
    (ROOT / name).write_text(text, encoding="utf-8")
