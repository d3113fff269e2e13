import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { OperationError } from "../errors.js";
import { certificatesIn } from "./pem.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;
/** Clocks of guests may be a little behind at their first start. */
const BACKDATE = 3_600_000;

/** Days that an authority and its certificates hold: certificates are renewed several times under one authority. */
export const VALIDITY = { authority: 3650, certificate: 825 } as const;

/** Who a certificate is for. */
export interface Subject {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  /** Groups that a client belongs to, where a server takes them from its certificate. @default none */
  readonly organizations?: readonly string[];
}

/** A certificate and its key, PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** What signs the certificates of one environment. */
export interface Authority extends Issued {
  issue(subject: Subject): Promise<Issued>;
}

/** Makes an authority for one environment. */
export async function createAuthority(environment: string, now: Date): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await generate();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [`pgkeep ${environment} authority`] }],
    ...period(now, VALIDITY.authority),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      // It signs servers and clients, never another authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: pem(root),
    key: await exported(keys.privateKey),
    issue: (subject) => issue(root, keys.privateKey, subject, now),
  };
}

/**
 * The authority of an earlier set: the one among the trusted certificates that the key belongs to.
 *
 * @throws OperationError when there is none, or when it ends before the certificates that it would sign
 */
export async function openAuthority(trusted: string, key: string, now: Date): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto);
  const secret = createPrivateKey(key);
  const own = certificatesIn(trusted).find((text) => new X509Certificate(text).checkPrivateKey(secret));
  if (own === undefined)
    throw new OperationError("authorityKey belongs to none of the certificates in authority", NEW_AUTHORITY);
  const root = new x509.X509Certificate(own);
  if (root.notAfter < period(now, VALIDITY.certificate).notAfter)
    throw new OperationError(
      `the authority ends on ${root.notAfter.toISOString().slice(0, 10)}, before the certificates that it would sign`,
      NEW_AUTHORITY,
    );
  const usable = secret.export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", usable, ALGORITHM, false, ["sign"]);
  return { certificate: own, key, issue: (subject) => issue(root, signingKey, subject, now) };
}

/** What helps where the authority cannot sign any more. */
export const NEW_AUTHORITY =
  'a new authority in steps, so that guests never refuse each other: --new-authority, see docs/security.md, "Renewal"';

/** Whether an authority has signed a certificate. */
export function signed(authority: string, certificate: string): boolean {
  const [root, leaf] = [new X509Certificate(authority), new X509Certificate(certificate)];
  return leaf.checkIssued(root) && leaf.verify(root.publicKey);
}

async function issue(
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  { commonName, dnsNames, addresses, organizations = [] }: Subject,
  now: Date,
): Promise<Issued> {
  const keys = await generate();
  const groups = organizations.map((organization) => ({ O: [organization] }));
  const names: x509.JsonGeneralNames = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...addresses.map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [...groups, { CN: [commonName] }],
    issuer: root.subjectName,
    ...period(now, VALIDITY.certificate),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(root),
    ],
  });
  return { certificate: pem(certificate), key: await exported(keys.privateKey) };
}

async function exported(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function period(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(now.getTime() - BACKDATE);
  return { notBefore, notAfter: new Date(now.getTime() + days * DAY) };
}

/** 16 random bytes, positive. */
function serial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}
