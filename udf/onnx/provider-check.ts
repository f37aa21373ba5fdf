/**
 * Why an execution provider cannot work here, as far as the file system tells. onnxruntime would find out by
 * itself, but says so on stderr in its own words.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Provider } from './messages.ts'

const LIBRARY_FOLDERS = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
] as const

/** undefined = nothing speaks against trying. */
export function missingForProvider(provider: Provider): string | undefined {
  if (provider !== 'webgpu' || process.platform !== 'linux') return undefined
  const extra = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(folder => folder !== '')
  const found = [...extra, ...LIBRARY_FOLDERS].some(folder => existsSync(join(folder, 'libvulkan.so.1')))
  return found ? undefined : 'the Vulkan loader (libvulkan.so.1) is not installed'
}
