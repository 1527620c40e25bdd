/** Optimisers that DL4J lacks. */
package io.holdfast.updater;
