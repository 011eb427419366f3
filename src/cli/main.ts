#!/usr/bin/env node
import { mainModule } from '../main-module.ts';

const { run } = (await import(
  mainModule(import.meta.url, './program').href
)) as typeof import('./program.ts');
await run();
