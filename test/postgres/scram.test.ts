import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { roleVerifier, scramKeys, scramVerifier } from "../../components/postgres/index.js";

describe("SCRAM-SHA-256 verifier", () => {
  // RFC 7677, section 3: the whole exchange, from which the server's proof and the client's follow.
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const message = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;

  it("accepts the client of RFC 7677 and proves itself with the RFC's signature", () => {
    const { stored, server } = scramKeys("pencil", { salt });
    assert.equal(
      createHmac("sha256", server).update(message).digest("base64"),
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    );
    const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
    const signature = createHmac("sha256", stored).update(message).digest();
    const client = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)));
    assert.deepEqual(createHash("sha256").update(client).digest(), stored);
  });

  it("has the form that PostgreSQL stores", () => {
    assert.match(
      scramVerifier("pencil", { salt }),
      /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
    );
  });

  it("is stable, differs by cluster, role and password, and never holds the password", () => {
    const first = roleVerifier("orders", "app", "correct horse battery staple");
    assert.equal(first, roleVerifier("orders", "app", "correct horse battery staple"));
    for (const other of [
      roleVerifier("other", "app", "correct horse battery staple"),
      roleVerifier("orders", "ro", "correct horse battery staple"),
      roleVerifier("orders", "app", "correct horse battery stapler"),
      // The separator keeps "a" + "bc" and "ab" + "c" apart.
      roleVerifier("ordersa", "pp", "correct horse battery staple"),
    ])
      assert.notEqual(other, first);
    assert.ok(!first.includes("horse"));
  });

  it("prepares what SASLprep maps (RFC 4013) and leaves ASCII alone", () => {
    const verify = (password: string): string => scramVerifier(password, { salt });
    assert.equal(verify("I\u00adX"), verify("IX"));
    assert.equal(verify("\u2168"), verify("IX"));
    assert.equal(verify("a\u00a0b"), verify("a b"));
    assert.notEqual(verify("user"), verify("USER"));
  });

  it("takes any password without failing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (password) => {
        assert.match(scramVerifier(password, { salt, iterations: 1 }), /^SCRAM-SHA-256\$1:/);
      }),
    );
  });
});
