/**
 * Training: parameter averaging over shards, the behaviour store, the prediction log and the commit
 * of an epoch.
 */
package io.holdfast.train;
