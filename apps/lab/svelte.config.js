// For the compiler and for svelte-check. Types in scripts are erased by Svelte itself.

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default { compilerOptions: { runes: true } };
