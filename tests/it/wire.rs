//! The committed generated code is what the `.proto` files say, without `protoc`.

use std::path::Path;

#[test]
fn wire_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut protos: Vec<_> = std::fs::read_dir(root.join("proto"))
        .expect("the folder proto")
        .map(|entry| entry.expect("an entry of proto").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "proto"))
        .collect();
    protos.sort();
    let descriptors = protox::compile(&protos, [root.join("proto")]).expect("the protos compile");
    let out = tempfile::tempdir().expect("a temporary folder");
    prost_build::Config::new().out_dir(out.path()).compile_fds(descriptors).expect("code is generated");
    let mut files: Vec<_> = std::fs::read_dir(out.path())
        .expect("the output")
        .map(|entry| entry.expect("an entry of the output").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), protos.len(), "one package a proto file");
    for fresh in files {
        let name = fresh.file_name().expect("a file name");
        let committed = root.join("src/wire").join(name);
        let fresh = std::fs::read_to_string(&fresh).expect("generated text");
        if std::env::var_os("REGENERATE").is_some() {
            std::fs::write(&committed, &fresh).expect("write the generated code");
        }
        let committed = std::fs::read_to_string(&committed).unwrap_or_default();
        assert!(committed == fresh, "{} is stale: run `REGENERATE=1 cargo test wire_is_fresh`", name.display());
    }
}
