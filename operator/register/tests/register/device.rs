//! The key of the log in a device, a token of SoftHSM: the real program signs checkpoints there, says in one line
//! what lacks at its start, and goes on when a token that was pulled out is back.

use factory_assurance::{
    dsse::PrivateKey,
    log::{
        Checkpoint,
        note::{Signer, Verifier},
    },
};
use factory_softhsm::Token;
use reqwest::Client;

use crate::{
    program::{Cluster, Program, hand_over},
    server::Database,
    world::{Answer, Folder, pinned, provider, send},
};

const ORIGIN: &str = "factory-register/log";
/// The 32 bytes of the key in the token.
const SECRET: [u8; 32] = [5; 32];

/// A program that can be started, with a token that has its key.
struct Desk {
    folder: Folder,
    place: Database,
    cluster: Cluster,
    token: Token,
}

impl Desk {
    async fn new() -> Self {
        provider();
        let folder = Folder::new();
        let keys = [PrivateKey::generate(), PrivateKey::generate()];
        pinned(&folder.0, &keys[0], &keys[1]);
        let place = Database::new(&folder.0).await;
        let cluster = Cluster::start(&folder.0).await;
        let token = Token::new(&folder.0.join("token")).unwrap();
        token.import_ed25519(SECRET, "checkpoint", "01").unwrap();
        token.import(&keys[1].to_pem().unwrap(), "regulator", "02").unwrap();
        Self { folder, place, cluster, token }
    }

    /// The program with its first key where `line` says.
    fn program(&self, line: &str) -> Program {
        std::fs::write(self.folder.0.join("first.uri"), line).unwrap();
        self.program_of("first.uri")
    }

    fn program_of(&self, file: &str) -> Program {
        let mut program = Program::with_key(&self.cluster, &self.folder.0, &self.place.address, file);
        program.environment(self.token.environment());
        program
    }
}

fn key(secret: [u8; 32]) -> Verifier {
    Signer::new(ORIGIN, secret).unwrap().verifier()
}

async fn get(program: &Program, path: &str) -> Answer {
    send(Client::builder().no_proxy().build().unwrap().get(format!("{}{path}", program.address))).await
}

#[tokio::test]
async fn checkpoints_are_signed_in_a_token_that_may_go_and_come_back() {
    let desk = Desk::new().await;
    let mut program = desk.program(&desk.token.uri("checkpoint"));
    let running = program.start().await;
    assert_eq!(get(&program, "/api/v1/log/key").await.text, format!("{}\n", key(SECRET)));
    desk.token.away().unwrap();
    for _ in 0..2 {
        let detail = get(&program, "/api/v1/log/checkpoint").await.refused(503);
        assert_eq!(detail, "the key of the log does not sign now; nothing was signed");
    }
    // Back with another PIN: it is tried once, not until the token locks itself.
    desk.token.write_pin("1111").unwrap();
    desk.token.back().unwrap();
    for _ in 0..5 {
        get(&program, "/api/v1/log/checkpoint").await.refused(503);
    }
    desk.token.right_pin().unwrap();
    let note = get(&program, "/api/v1/log/checkpoint").await.text;
    assert_eq!(Checkpoint::open(&note, &key(SECRET)).unwrap().size, 0);
    assert!(Checkpoint::open(&note, &key([6; 32])).is_err());
    running.kill();
}

#[tokio::test]
async fn what_lacks_is_one_line_at_the_start() {
    let desk = Desk::new().await;
    let good = desk.token.uri("checkpoint");
    for (line, said) in [
        (desk.token.uri("another"), "the token has 0 private keys of this name, must be 1"),
        (desk.token.uri("regulator"), "the key is of the kind CKK_EC, must be Ed25519"),
        (good.replace("token=factory", "token=other"), "0 of the tokens that are there are this one, must be 1"),
        (good.replace("module-path=", "module-path=/nowhere"), "no PKCS#11 module that can be used"),
        (good.replace("object=checkpoint", "model=x"), "pkcs11 URI: model: `x`, is not known"),
    ] {
        let refused = desk.program(&line).refused();
        assert!(refused.starts_with("checkpoint key: ") && refused.contains("first.uri: "), "{refused}");
        assert!(refused.contains(said) && !refused.contains('\n'), "{line}: {refused}");
    }
    desk.token.write_pin("1111").unwrap();
    let refused = desk.program(&good).refused();
    assert!(refused.contains("the token refuses the PIN in ") && refused.contains("/pin: PinIncorrect"), "{refused}");
    std::fs::remove_file(desk.folder.0.join("first.uri")).unwrap();
    let refused = desk.program_of("first.uri").refused();
    assert!(refused.contains("first.uri: not there: write a line `pkcs11:…` into it"), "{refused}");
}

#[tokio::test]
async fn a_log_goes_from_a_file_into_a_device_while_it_is_served() {
    let desk = Desk::new().await;
    let mut program = desk.program_of("checkpoint.pem");
    let running = program.start().await;
    let first = get(&program, "/api/v1/log/key").await.text;
    let next = desk.folder.0.join("device.uri");
    std::fs::write(&next, desk.token.uri("checkpoint")).unwrap();
    let keys = ("checkpoint.pem", next.as_path());
    let handed = hand_over(&desk.folder.0, &desk.place.address, keys, Some(desk.token.environment()));
    assert!(handed.status.success(), "{}", String::from_utf8_lossy(&handed.stderr));
    let note = get(&program, "/api/v1/log/checkpoint").await.text;
    assert_eq!(Checkpoint::open(&note, &key(SECRET)).unwrap().size, 1);
    assert!(Checkpoint::open(&note, &first.trim().parse().unwrap()).is_err());
    running.kill();
    // At its next start as well, and not without the token.
    desk.token.away().unwrap();
    let refused = program.refused();
    assert!(refused.contains("device.uri: ") && refused.contains("0 of the tokens"), "{refused}");
    desk.token.back().unwrap();
    program.start().await.kill();
}
