/** Certificates for tests, made by the openssl program. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface KeyPair {
  readonly certFile: string
  readonly keyFile: string
}

/** A folder with a CA that signs certificates. */
export class CertificateFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  readonly ca: KeyPair

  constructor() {
    this.ca = this.#files('ca')
    const subject = ['-subj', '/CN=Millrace test CA', '-days', '2']
    this.#openssl('req', '-x509', ...this.#newKey(this.ca), ...subject, '-out', this.ca.certFile)
  }

  /**
   * A certificate for `name`; for localhost and 127.0.0.1 when it is a server's. `digest`: sha256, sha384.
   */
  issue(name: string, { file = name, digest = 'sha256' } = {}): KeyPair {
    const pair = this.#files(file)
    const request = join(this.path, `${file}.csr`)
    const extensions = join(this.path, `${file}.ext`)
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    this.#openssl('req', ...this.#newKey(pair), '-subj', `/CN=${name}`, '-out', request)
    const signer = ['-CA', this.ca.certFile, '-CAkey', this.ca.keyFile, '-CAcreateserial', `-${digest}`]
    const signed = ['-days', '2', '-extfile', extensions, '-out', pair.certFile]
    this.#openssl('x509', '-req', '-in', request, ...signer, ...signed)
    return pair
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }

  #files(name: string): KeyPair {
    return { certFile: join(this.path, `${name}.crt`), keyFile: join(this.path, `${name}.key`) }
  }

  #newKey({ keyFile }: KeyPair): string[] {
    return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
