/** How fast the engines train, measured side by side. */
package io.holdfast.benchmark;
